#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/database_file.hpp"

#include <filesystem>

namespace dispatch::journal {

// A journal has its write-ahead log and its lock file beside its name. Under a second name it would have a
// second set of them: a writer would miss the lock, and a reader would miss the content of the log.

/// For writers: returns `unavailable` if the journal has several hard links or is mounted as a single file.
/// `file` is the file to which `path` led.
Result<> check_has_one_name(const std::filesystem::path& path, const DatabaseFile& file);

/// For readers: returns `unavailable` if the journal's log may lie beside another name than `path`, so that
/// the data read here may be out of date. If a process has the journal open for writing, it can be read only
/// under the name that this process uses. If no process has it open, it must have one name, except for a file
/// without a log, as 'dispatch backup' writes it.
Result<> check_log_is_here(const std::filesystem::path& path, const DatabaseFile& file);

}  // namespace dispatch::journal
