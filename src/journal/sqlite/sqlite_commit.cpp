#include "journal/sqlite/sqlite_commit.hpp"

#include "journal/sqlite/sqlite_parts.hpp"
#include "journal/sqlite/wal/log_sync.hpp"

#include <utility>

#include <sqlite3.h>

namespace dispatch::journal {

SqliteCommit::~SqliteCommit() {
  if (started_) parts_.connection->joined_wal()->sync().forget(number_);
}

bool SqliteCommit::is_decided() const {
  return parts_.connection->joined_wal()->sync().is_decided(number_);
}

void SqliteCommit::start(std::function<void()> decided) {
  started_ = true;
  parts_.connection->joined_wal()->sync().start(number_, std::move(decided));
}

Result<> SqliteCommit::wait() {
  const int answer = parts_.connection->joined_wal()->sync().sync_up_to(number_);
  // Only now is it sure that the commit is where others look for it.
  if (answer == SQLITE_OK) return parts_.connection->check_in_place();
  parts_.give_up();
  return tl::unexpected(sqlite_failure(SQLite::Exception{sqlite3_errstr(answer), answer}, "commit to",
                                       parts_.connection->path()));
}

}  // namespace dispatch::journal
