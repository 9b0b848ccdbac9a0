#pragma once

#include "base/error.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/name_cache.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/fresh_deliveries.hpp"
#include "journal/sqlite/writing/subscriptions.hpp"
#include "journal/sqlite/writing/turn_account.hpp"
#include "journal/sqlite/writing/turn_log.hpp"

#include <optional>
#include <span>
#include <vector>

namespace dispatch::journal {

/// Records that attempts begin: one compare-and-set update for each, and one look-up of the request if it is
/// not remembered.
class IntentWriter {
 public:
  IntentWriter(SQLite::Database& database, TurnAccount& turn, TurnLog& log, FreshDeliveries& fresh,
               Subscriptions& subscriptions);

  /// Implements Transaction::begin.
  Result<std::vector<Begun>> begin(std::span<const Intent> intents, WallTime now);

  /// Call it after the turn was abandoned: cached values may be wrong.
  void forget();

 private:
  void note_begun(const Intent& intent);
  std::optional<Outgoing> begin_remembered(const Intent& intent, WallTime now);
  Outgoing read_outgoing(const DeliveryKey& key, WallTime now);

  TurnAccount& turn_;
  TurnLog& log_;
  FreshDeliveries& fresh_;
  Subscriptions& subscriptions_;
  const tracing::TraceSeed trace_seed_;
  Statement claim_first_, claim_, read_;
  NameCache entities_, urls_;
};

}  // namespace dispatch::journal
