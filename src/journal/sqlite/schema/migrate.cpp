#include "journal/sqlite/schema/migrate.hpp"

#include "base/fail_point.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/schema/identity.hpp"
#include "journal/sqlite/schema/migrations.hpp"
#include "journal/sqlite/statements/withdraw.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

namespace dispatch::journal {

namespace {

Result<> refuse_foreign(const Identity& identity, const std::filesystem::path& path) {
  if (identity.application != application_id && !identity.empty) {
    return unavailable(
        "{} is a SQLite database of another application, not a journal of dispatch; name another file with "
        "--journal",
        path.string());
  }
  if (identity.version > latest_version()) {
    return unavailable(
        "journal {} has version {}, this program knows versions up to {}; use a newer dispatch",
        path.string(), identity.version, latest_version());
  }
  return {};
}

bool is_wal(SQLite::Database& database) {
  return database.execAndGet("PRAGMA journal_mode").getString() == "wal";
}

/// The switch to WAL needs the file alone for a moment, and SQLite does not wait for it as it waits for other
/// locks. Where the file system has no shared memory SQLite says nothing and stays as it was.
Result<> enable_wal(SQLite::Database& database, const std::filesystem::path& path) {
  constexpr int tries = 1000;
  constexpr std::chrono::milliseconds pause{5};
  for (int i = 1;; ++i) {
    try {
      database.exec("PRAGMA page_size = 4096");
      database.exec("PRAGMA journal_mode = WAL");  // to its end, where it commits, not to its first row
      if (is_wal(database)) return {};
      return fail(
          "cannot switch journal {} to a write-ahead log: its file system has no shared memory; put the "
          "journal on a local disk with --journal",
          path.string());
    } catch (const SQLite::Exception& said) {
      if ((said.getErrorCode() & 0xff) != SQLITE_BUSY || i == tries) throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

bool is_older(const Identity& identity) {
  return !identity.empty && identity.version < latest_version();
}

tl::unexpected<Error> in_use(const std::filesystem::path& path, const Identity& now,
                             std::string_view by_whom) {
  return unavailable(
      "journal {0} has version {1} and {2} of an older dispatch uses it, which does not know the new "
      "version; end that process and run this command again, which migrates the journal to version "
      "{3}",
      path.string(), now.version, by_whom, latest_version());
}

/// The right to change the schema, and what keeps a run from beginning meanwhile.
Result<Ownership> exclude_others(const std::filesystem::path& path, const Identity& now,
                                 const DatabaseFile& file, const FileIdentity& lock_file) {
  DISPATCH_ASSIGN(auto owner, Ownership::try_take(path));
  if (!owner) {
    const auto pid = Ownership::owner_pid(path);
    return in_use(path, now, pid ? fmt::format("a run, process {},", *pid) : std::string{"a run"});
  }
  DISPATCH_ASSIGN(const auto use, file.use_of_name(lock_file));
  if (use == DatabaseFile::Use::this_name) return in_use(path, now, "a process that writes");
  return std::move(*owner);
}

void run_migrations(SQLite::Database& database, const Identity& now) {
  SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
  for (const Migration& migration : migrations()) {
    if (migration.version <= now.version) continue;
    database.exec(migration.sql);
    fail_point(FailPoint::migrated);
  }
  database.exec(fmt::format("PRAGMA application_id = {}", application_id));
  database.exec(fmt::format("PRAGMA user_version = {}", latest_version()));
  fail_point(FailPoint::migration_staged);
  try {
    transaction.commit();
  } catch (const SQLite::Exception&) {
    withdraw_failed_commit(database);
    throw;
  }
  fail_point(FailPoint::migration_committed);
}

}  // namespace

Result<Due> find_due(SQLite::Database& database, const std::filesystem::path& path, bool existing_only) {
  const Identity found = identify(database);
  DISPATCH_TRY(refuse_foreign(found, path));
  if (found.empty && existing_only)
    return misuse("there is no journal in {}, the file is empty; make one with: dispatch run FILE",
                  path.string());
  if (is_older(found)) return Due::migration;
  return found.version != latest_version() || !is_wal(database) ? Due::preparation : Due::nothing;
}

Result<std::optional<std::int64_t>> migrate(SQLite::Database& database, const std::filesystem::path& path,
                                            WriterLock& writer_lock, const DatabaseFile& file) {
  const FileIdentity lock_file = writer_lock.file().identity();
  const auto inside = WriterLockGuard::lock(writer_lock);
  if (!inside) return tl::unexpected(inside.error());
  const Identity now = identify(database);  // somebody else may have been faster
  DISPATCH_TRY(refuse_foreign(now, path));

  std::optional<Ownership> alone;
  if (is_older(now)) {
    DISPATCH_ASSIGN(auto excluded, exclude_others(path, now, file, lock_file));
    alone.emplace(std::move(excluded));
  }
  DISPATCH_TRY(file.claim_name(lock_file));
  DISPATCH_TRY(enable_wal(database, path));
  run_migrations(database, now);  // even where none is due: it makes the log, which must be there from now on
  return alone ? std::optional{now.version} : std::nullopt;
}

}  // namespace dispatch::journal
