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

/// Delivers again what is done, as a generation of its own: its lanes have nothing in them but what this
/// replay put there, so that the order of the events is kept whatever was replayed before.
class Replays {
 public:
  Replays(SQLite::Database& database, TurnAccount& turn, Destinations& destinations);

  /// Transaction::replay. The subscription of the route must be there.
  Result<std::int64_t> make(std::span<const DeliveryKey> deliveries, const std::optional<Route>& route,
                            WallTime now);

 private:
  std::optional<DeliveryRow> read(const DeliveryKey& key);
  bool is_latest(const DeliveryRow& row);
  /// A direct delivery failed, and a redirect went on with it at whatever delivery queue.
  bool goes_on_elsewhere(const DeliveryRow& row);
  std::int64_t next_generation();

  TurnAccount& turn_;
  Destinations& destinations_;
  LaneWakeups wakeups_;
  Statement read_, later_direct_, later_anywhere_, later_subscribed_, open_at_, next_generation_, add_;
};

}  // namespace dispatch::journal
