#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace dispatch::journal {

struct Backup {
  std::int64_t events = 0;
  std::uint64_t bytes = 0;
};

/// Copies the journal as it is at one moment into the new file `to`, also while a run is on. The copy is one
/// file of mode 0600, whole and on the disk; a file that is there already is misuse. Changes nothing of the
/// journal, and may be made of one that cannot be written.
Result<Backup> back_up(const std::string& journal, const std::filesystem::path& to);

struct Restored {
  Backup backup;                                  ///< what was put in place
  std::optional<std::filesystem::path> replaced;  ///< where the journal that was there is now, with its log
};

/// Puts a copy of the journal in `from` in the place of `journal`. What is there now, its write-ahead log
/// included, is kept as JOURNAL.replaced-TIME and is a journal of that name. `from` may be of an older
/// version; the next run migrates the copy. `unavailable` while any process that writes has the journal open:
/// nothing is changed then, nor where `from` is no journal or cannot be copied.
Result<Restored> restore(const std::filesystem::path& from, const std::string& journal, WallTime now);

}  // namespace dispatch::journal
