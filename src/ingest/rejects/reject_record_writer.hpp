#pragma once

#include "ingest/batch/batch.hpp"

#include <string>
#include <string_view>

namespace dispatch::ingest {

/// Writes rejected lines as records, one JSON object for each line:
///
///     {"file":"events.jsonl","line":17,"reason":"...","text":"the line as it stood"}
///
/// `jq -r .text` returns the lines. A line that is not UTF-8, or has control characters other than tab, line
/// feed and carriage return, is in "text_base64" instead of "text", so that no byte takes more than two. If
/// this turns out only after a part of a line in pieces was written, the rest is in "rest_base64".
class RejectRecordWriter {
 public:
  /// Adds one reject, or the next piece of one.
  void write(const Reject& reject);

  /// Ends a record whose last piece is missing.
  void finish();

  /// The output; the caller removes what it has written from the front.
  std::string& text() { return text_; }

 private:
  /// The state of the current record.
  enum class Open { none, record, text, base64 };

  void begin(const Reject& reject);
  void add(std::string_view piece, bool last);
  void end();

  std::string text_;
  std::string carry_;  ///< the end of a piece that can be encoded only together with the next one
  Open open_ = Open::none;
};

}  // namespace dispatch::ingest
