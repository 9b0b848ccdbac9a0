#pragma once

#include "ingest/batch/batch.hpp"

#include <string>
#include <string_view>

namespace dispatch::ingest {

/// Writes rejected lines as records, one JSON object a line:
///
///     {"file":"events.jsonl","line":17,"reason":"...","text":"the line as it stood"}
///
/// `jq -r .text` gives the lines back. A line that is not UTF-8, or holds control characters other than tab,
/// line feed and carriage return, stands in "text_base64" instead of "text", so that no byte takes more than
/// two. Of a line that came in pieces, and turned out to be such a one after its beginning was written, the
/// rest is in "rest_base64".
class RejectRecordWriter {
 public:
  /// Adds one reject, or the next piece of one.
  void write(const Reject& reject);

  /// Ends a record whose last piece never came.
  void finish();

  /// What was written, to be taken out from its front.
  std::string& text() { return text_; }

 private:
  /// How far the record that is being written has come.
  enum class Open { none, record, text, base64 };

  void begin(const Reject& reject);
  void add(std::string_view piece, bool last);
  void end();

  std::string text_;
  std::string carry_;  ///< the end of a piece that can be encoded only with the next one
  Open open_ = Open::none;
};

}  // namespace dispatch::ingest
