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

/// A writing connection to a journal. SQLite does nothing on its own in it: no automatic checkpoint, not even
/// at close. All functions except open throw SQLite's exceptions.
class Connection {
 public:
  /// Opens the journal at `path`; creates and migrates it if the options allow. Waits while a restore
  /// replaces it, and opens the new one. Returns `unavailable`,
  /// without changing the file, if it belongs to another application, has a newer version, has several names
  /// or is in use under another name, or has an older version that may not be migrated
  /// (SqliteOptions::migrated) or on which another process works.
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path,
                                                  const SqliteOptions& options);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  SQLite::Database& database() { return database_; }
  const std::filesystem::path& path() const { return path_; }
  WriterLock& writer_lock() { return *writer_lock_; }
  /// The write-ahead log, if each commit is synced; null with Durability::delayed.
  JoinedWal* joined_wal() { return joined_wal_.get(); }

  /// Returns `unavailable` if a file of the journal, including the lock file, has been removed or replaced
  /// since it was opened, or if the database was truncated. Cheap: four calls of stat(2).
  Result<> check_in_place();

  /// The errno value behind the last failed read or write; 0 if there was none.
  int system_error();

  /// Number of rows changed since the connection was opened; wraps around.
  int total_changes() const { return database_.getTotalChanges(); }

  /// Copies pages from the WAL into the database file if the WAL has grown by `checkpoint_pages` since the
  /// last checkpoint. Call it with the writer lock held, outside a transaction. Committed data is safe
  /// whatever the result.
  Result<> checkpoint_if_due();

  /// Copies the whole WAL and truncates it, unless readers still need it. Call it with the writer lock held,
  /// outside a transaction.
  Result<> checkpoint_and_truncate();

 private:
  Connection(const std::filesystem::path& path, const SqliteOptions& options, DatabaseFile file);
  /// Nothing if a restore replaced the journal meanwhile.
  static Result<std::unique_ptr<Connection>> open_what_is_there(const std::filesystem::path& path,
                                                                const SqliteOptions& options);
  /// False if a restore replaced the journal meanwhile; the connection is of no use then.
  Result<bool> lock_and_migrate(const SqliteOptions& options);

  static int count_wal_pages(void* self, sqlite3* database, const char* schema, int pages);
  Result<> checkpoint(int mode);

  std::filesystem::path path_;
  DatabaseFile file_;  // outlives the database
  int checkpoint_pages_;
  int wal_pages_ = 0;  // WAL pages after the last commit of this connection
  int checkpoint_at_;  // checkpoint when wal_pages_ reaches this
  int busy_timeout_;   // milliseconds
  std::unique_ptr<JoinedWal>
      joined_wal_;  // with synchronous = FULL; must outlive the database, which uses it
  SQLite::Database database_;
  std::optional<WriterLock> writer_lock_;  // set once the file is known to be ours
  std::optional<FilesInPlace> files_;      // set once SQLite has opened the files
};

}  // namespace dispatch::journal
