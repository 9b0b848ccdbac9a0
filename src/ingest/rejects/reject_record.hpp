#pragma once

#include "ingest/line/document.hpp"
#include "ingest/line/text_store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// A rejected line, as stored in a record of a rejects file (see RejectsFile).
struct RejectRecord {
  std::string file;        ///< the original file, "-" for standard input
  std::uint64_t line = 0;  ///< the original line number, from 1
  std::string_view text;   ///< the line; `frame_padding` bytes behind it must be readable
};

/// Recognises records of a rejects file in the input. Used by one thread.
class RejectRecordReader {
 public:
  /// Returns the rejected line in the record `line`, stored in `store`; for nested records, the innermost.
  /// Returns nothing if `line` is not a record: a JSON object with "file", "line", "reason", and "text" or
  /// "text_base64" (or both parts of a text that was written in pieces), and no other member. `frame_padding`
  /// bytes behind `line` must be readable.
  std::optional<RejectRecord> read(std::string_view line, TextStore& store);

 private:
  std::optional<RejectRecord> unwrap(std::string_view line, TextStore& store);

  DocumentParser parser_;
};

}  // namespace dispatch::ingest
