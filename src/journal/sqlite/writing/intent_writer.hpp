#pragma once

#include "base/error.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/name_cache.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/fresh_deliveries.hpp"
#include "journal/sqlite/writing/subscriptions.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// Commits to sending: one update by compare-and-set, and one look-up of what is to be sent.
class IntentWriter {
 public:
  IntentWriter(SQLite::Database& database, TurnAccount& turn, FreshDeliveries& fresh,
               Subscriptions& subscriptions);

  /// Transaction::begin.
  Result<std::vector<Begun>> begin(std::span<const Intent> intents, WallTime now);

  /// The turn was abandoned: what was read in it may not be so.
  void forget();

 private:
  Outgoing read_outgoing(const DeliveryKey& key, WallTime now);

  TurnAccount& turn_;
  FreshDeliveries& fresh_;
  Subscriptions& subscriptions_;
  const tracing::TraceSeed trace_seed_;
  Statement claim_, read_;
  NameCache entities_, urls_;
};

}  // namespace dispatch::journal
