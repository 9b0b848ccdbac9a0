#include "journal/sqlite/connection.hpp"

#include "base/fail_point.hpp"
#include "base/fd.hpp"
#include "journal/sqlite/failure.hpp"
#include "journal/sqlite/migrate.hpp"

#include <cerrno>

#include <sqlite3.h>
#include <sys/stat.h>

namespace dispatch::journal {

namespace {

/// Makes an empty file that only its owner can read; SQLite gives the WAL the same mode. mknod, as opening
/// and closing the file would drop SQLite's own locks on it where another object of this process has it open.
Result<> create_private_file(const std::filesystem::path& path) {
  if (::mknod(path.c_str(), S_IFREG | 0600, 0) == 0 || errno == EEXIST) return {};
  return fail("cannot create journal {}: {}; check the directory, or name another file with --journal",
              path.string(), errno_text(errno));
}

}  // namespace

Connection::Connection(const std::filesystem::path& path, const SqliteOptions& options)
    : path_(path),
      checkpoint_pages_(options.checkpoint_pages),
      checkpoint_at_(options.checkpoint_pages),
      busy_timeout_(static_cast<int>(options.busy_timeout.count())),
      joined_wal_(options.synchronous == SqliteOptions::Synchronous::full ? std::make_unique<JoinedWal>()
                                                                          : nullptr),
      database_(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, busy_timeout_,
                joined_wal_ ? joined_wal_->name() : std::string{}) {
  // First of all: even a connection that finds a file of somebody else must leave it alone when it is closed.
  database_.check(sqlite3_db_config(database_.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
  sqlite3_wal_hook(database_.getHandle(), count_wal_pages, this);  // takes the place of automatic checkpoints

  database_.exec(fmt::format("PRAGMA cache_size = -{}", options.cache_bytes / 1024));
  database_.exec(options.synchronous == SqliteOptions::Synchronous::full ? "PRAGMA synchronous = FULL"
                                                                         : "PRAGMA synchronous = NORMAL");
  database_.exec("PRAGMA foreign_keys = OFF");  // rows are written in an order that keeps them; verify checks
  database_.exec("PRAGMA temp_store = MEMORY");
}

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path,
                                                     const SqliteOptions& options) {
  std::error_code ignored;
  if (options.existing_only && !std::filesystem::exists(path, ignored))
    return misuse("there is no journal {}; name it with --journal, or make one with: dispatch run",
                  path.string());
  if (!options.existing_only) DISPATCH_TRY(create_private_file(path));

  try {
    std::unique_ptr<Connection> connection{new Connection{path, options}};
    DISPATCH_TRY(migrate(connection->database(), path, options.existing_only));
    return connection;
  } catch (const SQLite::Exception& said) {
    return tl::unexpected(sqlite_failure(said, "open", path));
  }
}

int Connection::count_wal_pages(void* self, sqlite3*, const char*, int pages) {
  auto& connection = *static_cast<Connection*>(self);
  // The WAL was begun again from its start, by whichever connection.
  if (pages < connection.wal_pages_) connection.checkpoint_at_ = connection.checkpoint_pages_;
  connection.wal_pages_ = pages;
  return SQLITE_OK;
}

void Connection::checkpoint_if_due() {
  if (wal_pages_ < checkpoint_at_) return;
  checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  // While a reader keeps the WAL from being begun again, it grows; a checkpoint at every commit would not
  // help that.
  checkpoint_at_ = wal_pages_ + checkpoint_pages_;
}

void Connection::checkpoint_and_truncate() {
  database_.setBusyTimeout(0);  // the writers at the gate are not to wait for a reader
  checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
  database_.setBusyTimeout(busy_timeout_);
}

void Connection::checkpoint(int mode) {
  fail_point(FailPoint::checkpoint_begins);
  const int answer = sqlite3_wal_checkpoint_v2(database_.getHandle(), "main", mode, nullptr, nullptr);
  fail_point(FailPoint::checkpoint_ended);
  if (answer != SQLITE_BUSY) database_.check(answer);  // busy: readers need the WAL; it is checkpointed later
}

}  // namespace dispatch::journal
