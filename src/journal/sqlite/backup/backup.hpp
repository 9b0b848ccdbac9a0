#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/backup.hpp"

#include <filesystem>
#include <string>

namespace dispatch::journal {

/// Store::back_up of the journal in the SQLite file `journal`.
Result<Backup> back_up(const std::string& journal, const std::filesystem::path& to);

/// Store::restore. What is in the place of `journal` now is kept as JOURNAL.replaced-TIME, its write-ahead
/// log included, and is a journal of that name.
Result<Restored> restore(const std::filesystem::path& from, const std::string& journal, WallTime now);

}  // namespace dispatch::journal
