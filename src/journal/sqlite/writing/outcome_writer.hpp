#pragma once

#include "base/error.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"
#include "journal/sqlite/writing/turn_log.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// Records how attempts ended. A success without a body costs one update; every other end also adds a row of
/// attempts.
class OutcomeWriter {
 public:
  OutcomeWriter(SQLite::Database& database, TurnAccount& turn, TurnLog& log);

  /// Implements Transaction::settle.
  Result<std::vector<Settled>> settle(std::span<const Settlement> settlements);

  /// Implements Transaction::recover.
  Result<std::size_t> recover(Orphans orphans, const Abandoned& left, WallTime now, std::size_t limit);

 private:
  Result<Settled> settle_one(const Settlement& settlement);

  TurnAccount& turn_;
  TurnLog& log_;
  Statement succeed_, fail_, give_up_, add_attempt_;
};

}  // namespace dispatch::journal
