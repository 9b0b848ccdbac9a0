#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::journal {

/// How far a partition of a source (such as a broker's topic) has been read. The transaction that appends
/// what was read compares and sets it, so that each offset enters the journal once, even with several
/// readers.
struct SourceMark {
  std::string source;
  std::string partition;
  std::optional<std::int64_t>
      expected;  ///< the next offset that the reader expects in the journal; nothing: none was stored yet
  std::int64_t next = 0;  ///< the next offset after this transaction
};

}  // namespace dispatch::journal
