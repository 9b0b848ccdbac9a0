#include "journal/sqlite/connection/connection.hpp"

#include "base/fail_point.hpp"
#include "base/system/fd.hpp"
#include "journal/sqlite/files/journal_files.hpp"
#include "journal/sqlite/files/journal_name.hpp"
#include "journal/sqlite/files/private_files.hpp"
#include "journal/sqlite/files/replacement.hpp"
#include "journal/sqlite/locks/opening_lock.hpp"
#include "journal/sqlite/schema/identity.hpp"
#include "journal/sqlite/schema/migrate.hpp"
#include "journal/sqlite/schema/migrations.hpp"
#include "journal/sqlite/statements/failure.hpp"
#include "journal/sqlite/wal/stale_log.hpp"

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

LockWait lock_wait(const Opening& opening) {
  return {opening.waiting, opening.gives_up};
}

}  // namespace

Connection::Connection(const std::filesystem::path& path, const SqliteOptions& options, DatabaseFile file)
    : path_(path),
      file_(std::move(file)),
      checkpoint_pages_(options.checkpoint_pages),
      checkpoint_at_(options.checkpoint_pages),
      busy_timeout_(static_cast<int>(options.busy_timeout.count())),
      joined_wal_(options.opening.durability == Opening::Durability::at_commit ? std::make_unique<JoinedWal>()
                                                                               : nullptr),
      database_(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, busy_timeout_,
                joined_wal_ ? joined_wal_->name() : std::string{}) {
  // First of all: even a connection that finds a file of somebody else must leave it alone when it is closed.
  database_.check(sqlite3_db_config(database_.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
  sqlite3_wal_hook(database_.getHandle(), count_wal_pages, this);  // takes the place of automatic checkpoints

  database_.exec(fmt::format("PRAGMA cache_size = -{}", options.cache_bytes / 1024));
  database_.exec(options.opening.durability == Opening::Durability::at_commit
                     ? "PRAGMA synchronous = FULL; PRAGMA checkpoint_fullfsync = ON"  // see JoinedWal
                     : "PRAGMA synchronous = NORMAL");
  database_.exec("PRAGMA foreign_keys = OFF");  // rows are written in an order that keeps them; verify checks
  database_.exec("PRAGMA temp_store = MEMORY");
  database_.exec("PRAGMA secure_delete = ON");  // of a secret that is removed nothing stays in the file
}

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path,
                                                     const SqliteOptions& options) {
  constexpr int tries = 10;
  for (int i = 0; i < tries; ++i) {
    DISPATCH_TRY(OpeningLock::wait_for_restore(path, lock_wait(options.opening)));
    auto connection = open_what_is_there(path, options);
    if (!connection || *connection) return connection;
  }
  return tl::unexpected(moved_away(path, path));
}

Result<std::unique_ptr<Connection>> Connection::open_what_is_there(const std::filesystem::path& path,
                                                                   const SqliteOptions& options) {
  DISPATCH_TRY(check_not_half_replaced(path));
  if (options.opening.existing_only && !may_be_there(path))
    return misuse("there is no journal {}; name it with --journal, or make one with: dispatch run FILE",
                  path.string());
  if (!options.opening.existing_only) DISPATCH_TRY(create_private_file(path));

  DISPATCH_ASSIGN(auto file, DatabaseFile::open(path));
  DISPATCH_TRY(check_has_one_name(path, file));
  DISPATCH_TRY(check_owner(path, file));
  DISPATCH_TRY(check_log_belongs(path, file));
  try {
    std::unique_ptr<Connection> connection{new Connection{path, options, std::move(file)}};
    DISPATCH_ASSIGN(const bool opened, connection->lock_and_migrate(options));
    if (!opened) connection.reset();
    return connection;
  } catch (const SQLite::Exception& said) {
    return tl::unexpected(sqlite_failure(said, "open", path));
  }
}

Result<bool> Connection::lock_and_migrate(const SqliteOptions& options) {
  DISPATCH_ASSIGN(const auto due, find_due(database_, path_, options.opening.existing_only));
  DISPATCH_TRY(
      check_private(path_, file_, options.opening.notice));  // not before: a file of others stays as it is
  if (due == Due::migration && !options.opening.migrated)
    return unavailable(
        "journal {0} has version {1}, this program works on version {2}, and this command must not change "
        "it; to migrate the journal, run: dispatch store migrate --journal {0}",
        path_.string(), identify(database_).version, latest_version());
  DISPATCH_ASSIGN(auto writer_lock, WriterLock::open(path_, lock_wait(options.opening)));
  writer_lock_.emplace(std::move(writer_lock));
  const auto opening = OpeningLock::take(path_, lock_wait(options.opening));
  if (!opening) return tl::unexpected(opening.error());
  if (FileIdentity::of(path_) != file_.identity()) return false;
  // A claim made earlier would look to another process that migrates like one that works on the journal.
  if (due != Due::migration) DISPATCH_TRY(file_.claim_name(writer_lock_->file().identity()));
  if (due != Due::nothing) {
    const auto migrated = migrate(database_, path_, *writer_lock_, file_);
    if (!migrated) return tl::unexpected(migrated.error());
    if (*migrated && options.opening.migrated)
      options.opening.migrated(fmt::format("journal {} was migrated from version {} to version {}",
                                           path_.string(), **migrated, latest_version()));
  }
  DISPATCH_ASSIGN(auto files, FilesInPlace::note(path_, file_.identity()));
  files_.emplace(std::move(files));
  return true;
}

Result<> Connection::check_in_place() {
  DISPATCH_TRY(writer_lock_->file().check_in_place());
  return files_->check();
}

int Connection::count_wal_pages(void* self, sqlite3*, const char*, int pages) {
  auto& connection = *static_cast<Connection*>(self);
  // The WAL was begun again from its start, by whichever connection.
  if (pages < connection.wal_pages_) connection.checkpoint_at_ = connection.checkpoint_pages_;
  connection.wal_pages_ = pages;
  return SQLITE_OK;
}

Result<> Connection::checkpoint_if_due() {
  if (wal_pages_ < checkpoint_at_) return {};
  // While a reader keeps the WAL from being begun again, it grows; a checkpoint at every commit would not
  // help that.
  checkpoint_at_ = wal_pages_ + checkpoint_pages_;
  return checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

Result<> Connection::checkpoint_and_truncate() {
  sqlite3* const handle = database_.getHandle();
  sqlite3_busy_timeout(handle, 0);  // writers that wait for the writer lock do not wait for a reader
  auto copied = checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
  sqlite3_busy_timeout(handle, busy_timeout_);
  return copied;
}

Result<> Connection::checkpoint(int mode) {
  fail_point(FailPoint::checkpoint_begins);
  const int answer = sqlite3_wal_checkpoint_v2(database_.getHandle(), "main", mode, nullptr, nullptr);
  fail_point(FailPoint::checkpoint_ended);
  // Busy: readers need the WAL; it is checkpointed later.
  if (answer == SQLITE_OK || answer == SQLITE_BUSY) return {};
  return tl::unexpected(
      sqlite_failure(SQLite::Exception{database_.getHandle(), answer}, "checkpoint", path_, system_error()));
}

int Connection::system_error() {
  const int error = sqlite3_system_errno(database_.getHandle());
  return error == 0 && joined_wal_ ? joined_wal_->write_error() : error;
}

}  // namespace dispatch::journal
