#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/database_file.hpp"

#include <filesystem>

namespace dispatch::journal {

/// `unavailable` where the write-ahead log beside `journal` belongs to another state of it than the database
/// file, open as `file`: one was restored or replaced without the other. SQLite cannot tell, and would mix
/// the two. To be asked before SQLite opens them. Reads the log and changes nothing; what it cannot read is
/// left to SQLite to complain about. While a process that writes has the journal open it is not asked: the
/// log is that process's.
///
/// They belong together where the database is in WAL mode, they are of one journal (progress.trace_seed), and
/// the last turn in the database is one of the log, or the one before the log's first: each turn is one
/// commit, and a checkpoint copies whole commits.
Result<> check_log_belongs(const std::filesystem::path& journal, const DatabaseFile& file);

}  // namespace dispatch::journal
