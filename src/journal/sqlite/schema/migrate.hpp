#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/database_file.hpp"
#include "journal/sqlite/locks/writer_lock.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// What must be done to a journal before it is written to.
enum class Due {
  nothing,
  preparation,  ///< an empty file, or one without a write-ahead log; several processes may prepare it at the
                ///< same time
  migration,    ///< an older version; only while no other process works on it
};

/// Examines the journal at `path`, open as `database`, without changing it. An empty file with
/// `existing_only` is misuse; a file of another application or a journal of a newer version is `unavailable`.
/// Throws SQLite's exceptions.
Result<Due> find_due(SQLite::Database& database, const std::filesystem::path& path, bool existing_only);

/// Migrates the journal to the latest version. The caller holds the writer lock and has claimed `file` under
/// the lock's name. Several processes may do this to one journal at the same time. Returns `unavailable`, and
/// changes nothing, if the journal has an older version and another process (a run or any other writer) works
/// on it: that process does not know the new schema. Returns the old version; nothing if no migration was
/// needed. Throws SQLite's exceptions.
Result<std::optional<std::int64_t>> migrate(SQLite::Database& database, const std::filesystem::path& path,
                                            WriterLock& writer_lock, const DatabaseFile& file);

}  // namespace dispatch::journal
