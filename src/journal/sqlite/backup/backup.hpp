#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/backup.hpp"

#include <filesystem>
#include <stop_token>
#include <string>

namespace dispatch::journal {

/// Implements Store::back_up for the SQLite file `journal`.
Result<Backup> back_up(const std::string& journal, const std::filesystem::path& to,
                       const std::stop_token& stop = {});

/// Implements Store::restore. Keeps the current journal as JOURNAL.replaced-TIME, including its write-ahead
/// log; it can be opened under that name.
Result<Restored> restore(const std::filesystem::path& from, const std::string& journal, WallTime now,
                         const std::stop_token& stop = {});

}  // namespace dispatch::journal
