#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/streams.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <optional>

namespace dispatch::journal {

/// The kinds of actions in the table actions. The numbers are stored and never change their meaning.
enum class Verb : std::int64_t {
  release = 0,
  discard = 1,
  gap_skip = 2,
  gap_closed = 3,
  subscription_added = 4,
  subscription_changed = 5,
  subscription_removed = 6,
  subscription_paused = 7,
  subscription_resumed = 8,
  fan_out = 9,
  replay = 10,
  rejects_cleared = 11,
  cancel = 12,
  retry = 13,
  acknowledge = 14,
  gap_given_up = 15,
};

/// Wakes lanes that waited for a gap, and delivery queues that got deliveries at low positions. Writes rows
/// of the table actions.
class LaneWakeups {
 public:
  LaneWakeups(SQLite::Database& database, const TurnAccount& turn);

  /// Wakes in each lane of the entity the first delivery above `gap` that is not done and that no other open
  /// gap holds back. If there is none, writes one row without a delivery, as a record.
  void past_gap(EntityNo entity, const Gap& gap, Verb verb, WallTime now);

  /// Notes that the delivery queue of `lowest` can have new deliveries from that one on.
  void from_here(Verb verb, const DeliveryKey& lowest, SubscriptionNo subscription, WallTime now);

 private:
  const TurnAccount& turn_;
  Statement next_gap_, events_between_, deliveries_of_, destinations_, sparse_, add_, add_from_here_;
};

}  // namespace dispatch::journal
