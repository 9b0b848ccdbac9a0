#pragma once

#include "base/error.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/rows_insert.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"
#include "journal/sqlite/writing/turn_log.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// Records how attempts ended. A success without a body costs one update, or a row of an insert of several if
/// the delivery has no row yet; every other end also adds a row of attempts.
class OutcomeWriter {
 public:
  OutcomeWriter(SQLite::Database& database, TurnAccount& turn, TurnLog& log);

  /// Implements Transaction::settle.
  Result<std::vector<Settled>> settle(std::span<const Settlement> settlements);

  /// Implements Transaction::recover.
  Result<std::size_t> recover(Orphans orphans, const Abandoned& left, WallTime now, std::size_t limit);

 private:
  /// A delivery without a row that is completed.
  struct Completed {
    std::size_t place;  ///< of its settlement
    const Settlement* settlement;
    UnwrittenDelivery delivery;
  };
  Result<Settled> settle_one(const Settlement& settlement);
  Result<> insert_completed(std::vector<Settled>& settled);
  int insert(std::span<const Completed> some);
  void add_attempt(const Completed& one);
  bool ended_now(const DeliveryKey& key);

  TurnAccount& turn_;
  TurnLog& log_;
  Statement succeed_, fail_, give_up_, add_attempt_, add_first_attempt_, ended_turn_;
  RowsInsert insert_completed_;
  std::vector<Completed> completed_;  ///< set during a call of settle
};

}  // namespace dispatch::journal
