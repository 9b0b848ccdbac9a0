#pragma once

#include "base/error.hpp"
#include "journal/sqlite/joined_wal.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

struct SqliteOptions {
  /// Open a journal that is there; a missing one is misuse. Default: create it.
  bool existing_only = false;

  /// When a commit is on the disk.
  enum class Synchronous {
    normal,  ///< at the next checkpoint: a power failure may undo the last turns, so that sent events are
             ///< sent again
    full,    ///< when commit_turn returns
  };
  Synchronous synchronous = Synchronous::full;

  std::int64_t cache_bytes = 16'777'216;  ///< page cache of one connection. Default 16 MiB
  int checkpoint_pages = 4096;            ///< the WAL is checkpointed when so long. Default 4096, 16 MiB
  std::chrono::milliseconds busy_timeout{10'000};  ///< wait for a program that knows no gate. Default 10 s
};

/// A connection to a journal that writes, set up so that nothing happens in it unasked: no checkpoint by
/// itself, not even when it is closed. Throws what SQLite throws, except from open.
class Connection {
 public:
  /// Opens, and where the options allow it creates and migrates, the journal at `path`. A file of another
  /// application and a journal of a newer version are `unavailable` and stay as they are.
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path,
                                                  const SqliteOptions& options);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  SQLite::Database& database() { return database_; }
  const std::filesystem::path& path() const { return path_; }

  /// How many rows were changed since the connection was opened; wraps.
  int total_changes() const { return database_.getTotalChanges(); }

  /// Copies what it can from the WAL into the database file, where the WAL has grown by `checkpoint_pages`
  /// since the last time. Only inside the gate, outside of a transaction.
  void checkpoint_if_due();

  /// Copies all of the WAL and empties it, unless readers still need it. Only inside the gate, outside of a
  /// transaction.
  void checkpoint_and_truncate();

 private:
  Connection(const std::filesystem::path& path, const SqliteOptions& options);

  static int count_wal_pages(void* self, sqlite3* database, const char* schema, int pages);
  void checkpoint(int mode);

  std::filesystem::path path_;
  int checkpoint_pages_;
  int wal_pages_ = 0;                      // after the last commit of this connection
  int checkpoint_at_;                      // wal_pages_ that are worth the next checkpoint
  int busy_timeout_;                       // milliseconds
  std::unique_ptr<JoinedWal> joined_wal_;  // with synchronous = FULL; outlives the database that uses it
  SQLite::Database database_;
};

}  // namespace dispatch::journal
