#pragma once

#include "ingest/line/document.hpp"
#include "ingest/line/text_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// A rejected line, as a record of a rejects file (see RejectsFile) keeps it.
struct RejectRecord {
  std::string file;        ///< where the line stood first, "-" for standard input
  std::uint64_t line = 0;  ///< its number there, from 1
  std::string_view text;   ///< the line as it stood; `frame_padding` bytes behind it may be read
};

/// Recognises records of a rejects file that is given as input. Used by one thread.
class RejectRecordReader {
 public:
  /// The rejected line that `line` keeps, in `store`; of a record of a record, the innermost. Nothing where
  /// `line` is no record: a JSON object with "file", "line", "reason", and "text" or "text_base64" or both
  /// parts of a text that was written as it came, and no other member. `frame_padding` bytes behind `line`
  /// may be read.
  std::optional<RejectRecord> read(std::string_view line, TextStore& store);

 private:
  std::optional<RejectRecord> unwrap(std::string_view line, TextStore& store);

  DocumentParser parser_;
};

}  // namespace dispatch::ingest
