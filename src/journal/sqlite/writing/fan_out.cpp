#include "journal/sqlite/writing/fan_out.hpp"

#include "base/fail_point.hpp"

#include <algorithm>

namespace dispatch::journal {

FanOut::FanOut(SQLite::Database& database, TurnAccount& turn, Destinations& destinations)
    : turn_(turn),
      destinations_(destinations),
      wakeups_(database, turn),
      delivered_(database,
                 "SELECT 1 FROM delivery_queues o"
                 " CROSS JOIN deliveries d ON d.queue_no = o.queue_no AND d.position = ?2"
                 " WHERE o.subscription_no = ?1 LIMIT 1"),
      add_(database,
           "INSERT INTO deliveries (queue_no, position, destination_no, entity_no, sequence_number,"
           "                        subscription_no, made_turn)"
           " SELECT ?1, position, ?2, entity_no, sequence_number, ?3, ?5 FROM events WHERE position = ?4"),
      matched_(database, "DELETE FROM unmatched WHERE position = ?") {}

Result<std::int64_t> FanOut::make(const Route& route, std::span<const Position> events, WallTime now) {
  std::int64_t made = 0;
  Destinations::Numbers to;
  Position lowest;
  for (const Position position : events) {
    if (is_delivered(route.subscription, position)) continue;
    if (made == 0) to = destinations_.resolve(route, position);
    if (add_.run(to.queue, to.destination, route.subscription, position, turn_.number) == 0) {
      return fail("cannot deliver the event at position {}, which the journal does not have; this is a bug",
                  position.value());
    }
    matched_.run(position);
    turn_.made(DeliveryState::pending);
    lowest = made == 0 ? position : std::min(lowest, position);
    ++made;
  }
  if (made == 0) return made;
  destinations_.reach_down(to.destination, lowest);
  wakeups_.from_here(Verb::fan_out, {.queue = to.queue, .position = lowest}, route.subscription, now);
  fail_point(FailPoint::fan_out_staged);
  return made;
}

bool FanOut::is_delivered(SubscriptionNo subscription, Position position) {
  return delivered_.rows(subscription, position).next();
}

}  // namespace dispatch::journal
