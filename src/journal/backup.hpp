#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace dispatch::journal {

/// What a backup contains.
struct Backup {
  std::int64_t events = 0;
  std::uint64_t bytes = 0;
};

struct Restored {
  Backup backup;  ///< the journal that is now in place
  std::optional<std::filesystem::path>
      replaced;  ///< where the previous journal was moved; nothing if there was none
};

}  // namespace dispatch::journal
