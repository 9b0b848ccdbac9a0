#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <optional>
#include <string_view>

namespace dispatch::journal {

// How one journal takes the place of another, in steps between which a process may be killed:
//
//   1. The log, and then the database, get a second name (hard links) under which they are kept.
//   2. The new database is renamed over the old one. It is one file that says that it has no log.
//   3. The old log and its index lose their first names.
//
// There is a journal in the place all the time: the old one until step 2, the new one from then on. Until
// step 3 is done the log, or the database, has its second name, and every command refuses the journal and
// says that a restore has to be finished. Each step is on the disk before the next begins.

/// What the new database is called until it is in place, beside the journal.
inline constexpr std::string_view restoring_suffix = ".restoring";
/// What comes between the name of the journal and the time under the name that the old database is kept by.
inline constexpr std::string_view replaced_infix = ".replaced-";

/// `unavailable` where a replacement of `journal` is under way or was interrupted, or where `journal` is not
/// there and a new database stands beside it. To be asked before the journal is opened or made.
Result<> check_not_half_replaced(const std::filesystem::path& journal);

/// Finishes the replacement that was interrupted, where its step 2 was done, or else takes its step 1 back.
/// The caller keeps all others from the journal.
Result<> settle_interrupted_replacement(const std::filesystem::path& journal);

/// Puts the database beside `journal`, made whole under its name with restoring_suffix, in the place of
/// `journal`. What is there is kept under the name `kept`, with its log; nothing is returned where there is
/// no database. An error before step 2 is done leaves everything as it was. The caller keeps all others from
/// the journal.
Result<std::optional<std::filesystem::path>> replace_journal(const std::filesystem::path& journal,
                                                             const std::filesystem::path& kept);

}  // namespace dispatch::journal
