#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::journal {

/// How far a partition of a source was taken in, such as a topic of a broker: compared and set by the
/// transaction that appends what was read, so that each offset gets into the journal once, whoever reads.
struct SourceMark {
  std::string source;
  std::string partition;
  std::optional<std::int64_t>
      expected;           ///< the next offset as the reader knows it; nothing: it has begun anew
  std::int64_t next = 0;  ///< the next offset afterwards
};

}  // namespace dispatch::journal
