#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <optional>
#include <string_view>

namespace dispatch::journal {

// How one journal replaces another. The process may be killed between any two steps:
//
// 1. The log, and then the database, get a second name (hard links), under which they are kept.
// 2. The new database is renamed over the old one. It is one file that says that it has no log.
// 3. The old log and its index lose their first names.
//
// At all times there is a journal in place: the old one until step 2, the new one after it. Until step 3 is
// done the log or the database has its second name; every command then refuses the journal and says that a
// restore has to be finished. Each step is on the disk before the next one begins.

/// Suffix of the new database beside the journal until it is in place.
inline constexpr std::string_view restoring_suffix = ".restoring";
/// Separates the journal's name from the time in the name under which the old database is kept.
inline constexpr std::string_view replaced_infix = ".replaced-";

/// Returns `unavailable` if a replacement of `journal` is under way or was interrupted, or if `journal` is
/// missing and a new database lies beside it. Call it before opening or creating the journal.
Result<> check_not_half_replaced(const std::filesystem::path& journal);

/// Finishes an interrupted replacement if its step 2 was done; otherwise undoes its step 1. The caller keeps
/// all other processes away from the journal.
Result<> settle_interrupted_replacement(const std::filesystem::path& journal);

/// Replaces `journal` with the complete database beside it (its name plus restoring_suffix). Keeps the
/// current database and its log under the name `kept`, and returns that name; returns nothing if there was no
/// database. An error before step 2 leaves everything unchanged. The caller keeps all other processes away
/// from the journal.
Result<std::optional<std::filesystem::path>> replace_journal(const std::filesystem::path& journal,
                                                             const std::filesystem::path& kept);

}  // namespace dispatch::journal
