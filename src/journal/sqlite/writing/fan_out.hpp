#pragma once

#include "base/error.hpp"
#include "event/arrival.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/destinations/destinations.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <span>

namespace dispatch::journal {

/// Makes deliveries for events that are older than the subscription.
class FanOut {
 public:
  FanOut(SQLite::Database& database, TurnAccount& turn, Destinations& destinations);

  /// Implements Transaction::fan_out. The subscription must exist.
  Result<std::int64_t> make(const Route& route, std::span<const Position> events, WallTime now);

 private:
  bool is_delivered(SubscriptionNo subscription, Position position);

  TurnAccount& turn_;
  Destinations& destinations_;
  LaneWakeups wakeups_;
  Statement delivered_, add_, matched_;
};

}  // namespace dispatch::journal
