#include "journal/sqlite/statements/withdraw.hpp"

#include <sqlite3.h>

namespace dispatch::journal {

void withdraw_failed_commit(SQLite::Database& database) noexcept {
  sqlite3* handle = database.getHandle();
  if (sqlite3_get_autocommit(handle) == 0) sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
  // What was committed before goes into the database file, and the WAL, with the rest that is in it, to zero.
  sqlite3_busy_timeout(handle, 0);
  sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

}  // namespace dispatch::journal
