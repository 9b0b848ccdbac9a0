#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <span>

namespace dispatch::journal {

/// Lets what waits for a time be tried at once.
class Retries {
 public:
  Retries(SQLite::Database& database, const TurnAccount& turn);

  /// Transaction::retry_now.
  std::int64_t retry_now(std::span<const DeliveryKey> deliveries, WallTime now);

  /// What keeps requests from the destination of that delivery, an open circuit or a hold, does so until
  /// `now`.
  void ask(const DeliveryKey& delivery, WallTime now);

 private:
  const TurnAccount& turn_;
  Statement make_due_, probe_, let_go_, add_action_;
};

}  // namespace dispatch::journal
