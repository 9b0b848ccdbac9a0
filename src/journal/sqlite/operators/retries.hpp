#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <span>

namespace dispatch::journal {

/// Makes waiting deliveries due at once.
class Retries {
 public:
  Retries(SQLite::Database& database, const TurnAccount& turn);

  /// Implements Transaction::retry_now.
  std::int64_t retry_now(std::span<const DeliveryKey> deliveries, WallTime now);

  /// Ends at `now` what keeps requests from the delivery's destination: an open circuit or a hold.
  void ask(const DeliveryKey& delivery, WallTime now);

 private:
  const TurnAccount& turn_;
  Statement make_due_, probe_, let_go_, add_action_;
};

}  // namespace dispatch::journal
