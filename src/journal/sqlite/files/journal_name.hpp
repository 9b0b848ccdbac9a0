#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/database_file.hpp"

#include <filesystem>

namespace dispatch::journal {

// A journal has its write-ahead log and its lock file beside its name. Under a second name it would have
// others: a writer would not see the lock, and a reader would not see what stands in the log.

/// For what writes: `unavailable` where the journal has several hard links, or is mounted as a single file.
/// `file` is what `path` led to.
Result<> check_has_one_name(const std::filesystem::path& path, const DatabaseFile& file);

/// For what only reads: `unavailable` where the log of the journal may lie beside another name than `path`,
/// so that what is read here may be out of date. A journal that a process has open to write may be read under
/// the name that this process uses, and under no other. One that nobody has open must have one name, but for
/// a file that has no log, as 'dispatch backup' makes it.
Result<> check_log_is_here(const std::filesystem::path& path, const DatabaseFile& file);

}  // namespace dispatch::journal
