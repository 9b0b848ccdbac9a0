#include "journal/sqlite/migrate.hpp"

#include "base/fail_point.hpp"
#include "journal/sqlite/identity.hpp"
#include "journal/sqlite/migrations.hpp"
#include "journal/sqlite/withdraw.hpp"

#include <chrono>
#include <thread>

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

}  // namespace

Result<bool> is_outdated(SQLite::Database& database, const std::filesystem::path& path, bool existing_only) {
  const Identity found = identify(database);
  DISPATCH_TRY(refuse_foreign(found, path));
  if (found.empty && existing_only)
    return misuse("there is no journal in {}, the file is empty; make one with: dispatch run FILE",
                  path.string());
  return found.version != latest_version() || !is_wal(database);
}

Result<> migrate(SQLite::Database& database, const std::filesystem::path& path, Gate& gate) {
  const auto inside = Inside::enter(gate);
  if (!inside) return tl::unexpected(inside.error());

  DISPATCH_TRY(enable_wal(database, path));
  SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
  const Identity now = identify(database);  // somebody else may have been faster
  DISPATCH_TRY(refuse_foreign(now, path));
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
  return {};
}

}  // namespace dispatch::journal
