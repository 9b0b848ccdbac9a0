#pragma once

#include "base/error.hpp"
#include "event/arrival.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/destinations/destinations.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <optional>
#include <span>

namespace dispatch::journal {

/// Delivers again what is done, as a new generation. Its lanes contain only deliveries of this replay, so
/// that the order of events is kept whatever was replayed before.
class Replays {
 public:
  Replays(SQLite::Database& database, TurnAccount& turn, Destinations& destinations);

  /// Implements Transaction::replay. The subscription of the route must exist.
  Result<std::int64_t> make(std::span<const DeliveryKey> deliveries, const std::optional<Route>& route,
                            WallTime now);

 private:
  std::optional<DeliveryRow> read(const DeliveryKey& key);
  bool is_latest(const DeliveryRow& row);
  /// True if the direct delivery failed and a redirect made a later one, at any delivery queue.
  bool goes_on_elsewhere(const DeliveryRow& row);
  std::int64_t next_generation();

  TurnAccount& turn_;
  Destinations& destinations_;
  LaneWakeups wakeups_;
  Statement read_, later_direct_, later_anywhere_, later_subscribed_, open_at_, next_generation_, add_;
};

}  // namespace dispatch::journal
