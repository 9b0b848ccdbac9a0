#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/database_file.hpp"

#include <filesystem>

namespace dispatch::journal {

/// Returns `unavailable` if the write-ahead log beside `journal` does not match the database file, open as
/// `file`: one of them was restored or replaced without the other. SQLite cannot detect this, and would mix
/// the two. Call it before SQLite opens them. It reads the log and changes nothing; problems in reading it
/// are left for SQLite to report. If a process has the journal open for writing, the check is skipped: the
/// log is that process's.
///
/// The two match if the database is in WAL mode, both are of one journal (progress.trace_seed), and the last
/// turn in the database is one of the log or the one before the log's first: each turn is one commit, and a
/// checkpoint copies complete commits.
Result<> check_log_belongs(const std::filesystem::path& journal, const DatabaseFile& file);

}  // namespace dispatch::journal
