#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace dispatch::journal {

/// A copy of a journal.
struct Backup {
  std::int64_t events = 0;
  std::uint64_t bytes = 0;
};

struct Restored {
  Backup backup;                                  ///< what was put in place
  std::optional<std::filesystem::path> replaced;  ///< where the journal that was there is now
};

}  // namespace dispatch::journal
