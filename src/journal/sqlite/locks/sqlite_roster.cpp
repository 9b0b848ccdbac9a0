#include "journal/sqlite/locks/sqlite_roster.hpp"

namespace dispatch::journal {

Result<Roster::Joined> SqliteRoster::join() {
  if (ownership_) return Joined{};
  DISPATCH_ASSIGN(auto taken, Ownership::try_take(journal_));
  if (!taken) return Joined{};
  ownership_.emplace(std::move(*taken));
  return Joined{.won = Buckets{}.set(), .left = {}};
}

}  // namespace dispatch::journal
