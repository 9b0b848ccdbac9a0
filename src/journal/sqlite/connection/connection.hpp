#pragma once

#include "base/error.hpp"
#include "journal/sqlite/connection/sqlite_options.hpp"
#include "journal/sqlite/files/database_file.hpp"
#include "journal/sqlite/files/files_in_place.hpp"
#include "journal/sqlite/locks/writer_lock.hpp"
#include "journal/sqlite/wal/joined_wal.hpp"

#include <filesystem>
#include <memory>
#include <optional>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// A connection to a journal that writes, set up so that nothing happens in it unasked: no checkpoint by
/// itself, not even when it is closed. Throws what SQLite throws, except from open.
class Connection {
 public:
  /// Opens, and where the options allow it creates and migrates, the journal at `path`. A file of another
  /// application, a journal of a newer version, one that has or is in use under several names, and one of an
  /// older version that may not be migrated (SqliteOptions::migrated) or on which another process works are
  /// `unavailable` and stay as they are.
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path,
                                                  const SqliteOptions& options);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  SQLite::Database& database() { return database_; }
  const std::filesystem::path& path() const { return path_; }
  WriterLock& writer_lock() { return *writer_lock_; }

  /// `unavailable` where a file of the journal, the lock file included, has been removed or replaced since it
  /// was opened, or the database was cut off. Cheap: four calls of stat(2).
  Result<> check_in_place();

  /// How many rows were changed since the connection was opened; wraps.
  int total_changes() const { return database_.getTotalChanges(); }

  /// Copies what it can from the WAL into the database file, where the WAL has grown by `checkpoint_pages`
  /// since the last time. Only with the writer lock held, outside of a transaction. What was committed
  /// stands, whatever comes of it.
  Result<> checkpoint_if_due();

  /// Copies all of the WAL and empties it, unless readers still need it. Only with the writer lock held,
  /// outside of a transaction.
  Result<> checkpoint_and_truncate();

 private:
  Connection(const std::filesystem::path& path, const SqliteOptions& options, DatabaseFile file);
  Result<> lock_and_migrate(const SqliteOptions& options);

  static int count_wal_pages(void* self, sqlite3* database, const char* schema, int pages);
  Result<> checkpoint(int mode);

  std::filesystem::path path_;
  DatabaseFile file_;  // outlives the database
  int checkpoint_pages_;
  int wal_pages_ = 0;                      // after the last commit of this connection
  int checkpoint_at_;                      // wal_pages_ that are worth the next checkpoint
  int busy_timeout_;                       // milliseconds
  std::unique_ptr<JoinedWal> joined_wal_;  // with synchronous = FULL; outlives the database that uses it
  SQLite::Database database_;
  std::optional<WriterLock> writer_lock_;  // from when the file is known to be ours
  std::optional<FilesInPlace> files_;      // from when SQLite has them open
};

}  // namespace dispatch::journal
