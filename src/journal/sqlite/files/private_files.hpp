#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/database_file.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace dispatch::journal {

/// Receives a message for people about the journal that was opened.
using Notice = std::function<void(const std::string&)>;

/// Checks that the journal belongs to the user of this process; otherwise `unavailable`. Call it before
/// reading anything of the journal: the program trusts its content.
Result<> check_owner(const std::filesystem::path& journal, const DatabaseFile& file);

/// Checks that no other user can access the journal: its content, including secrets of subscriptions, is
/// private. If others can read or write one of its files, sets the mode 0600 and calls `notice`; without a
/// `notice` that is `unavailable`. Call it before anything is written, and for journals alone: a file of
/// another application stays as it is.
Result<> check_private(const std::filesystem::path& journal, const DatabaseFile& file, const Notice& notice);

}  // namespace dispatch::journal
