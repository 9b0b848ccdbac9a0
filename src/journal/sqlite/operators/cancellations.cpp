#include "journal/sqlite/operators/cancellations.hpp"

#include "base/fail_point.hpp"
#include "journal/sqlite/reading/delivery_columns.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"

#include <map>
#include <tuple>

#include <fmt/format.h>

namespace dispatch::journal {

Cancellations::Cancellations(SQLite::Database& database, TurnAccount& turn, UnwrittenDeliveries& unwritten)
    : turn_(turn),
      lanes_(database, &unwritten),
      read_(database,
            fmt::format("SELECT {} FROM deliveries"
                        " WHERE queue_no = ? AND position = ? AND generation = ? AND state IN (0, 2)",
                        delivery_columns)),
      give_up_(database,
               "UPDATE deliveries SET state = 5, state_at = NULL"
               " WHERE queue_no = ? AND position = ? AND generation = ?"),
      add_action_(database,
                  "INSERT INTO actions (verb, at, turn, entity_no, queue_no, position, generation, quiet)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?)") {}

std::int64_t Cancellations::cancel(std::span<const DeliveryKey> deliveries, WallTime now) {
  std::vector<Cancelled> cancelled;
  for (const auto& [queue, position, generation] : deliveries) {
    {
      auto rows = read_.rows(queue, position, generation);
      if (!rows.next()) continue;
      cancelled.push_back({.row = read_delivery(rows)});
    }
    give_up_.run(queue, position, generation);
    const DeliveryState from = cancelled.back().row.state;
    turn_.moved(from, next_state(from, Transition::give_up).value());
  }
  fail_point(FailPoint::deliveries_cancelled);
  find_woken(cancelled);
  for (const auto& [row, wakes] : cancelled) {
    const auto entity = row.entity == EntityNo{} ? std::nullopt : std::optional{row.entity};
    add_action_.run(static_cast<int>(Verb::cancel), now, turn_.number, entity, row.key.queue,
                    row.key.position, row.key.generation, wakes ? 0 : 1);
  }
  return static_cast<std::int64_t>(cancelled.size());
}

void Cancellations::find_woken(std::vector<Cancelled>& cancelled) {
  std::map<std::tuple<EntityNo, DestinationNo, std::int64_t>, Cancelled*> lowest;
  for (Cancelled& one : cancelled) {
    if (one.row.entity == EntityNo{}) {
      // Nothing follows it, but a run that is on may be waiting for its time.
      one.wakes = one.row.state == DeliveryState::retry_wait;
      continue;
    }
    Cancelled*& known = lowest[{one.row.entity, one.row.destination, one.row.key.generation}];
    if (known == nullptr || one.row.sequence < known->row.sequence) known = &one;
  }
  for (const auto& [lane, one] : lowest) one->wakes = !is_blocked(one->row);
}

bool Cancellations::is_blocked(const DeliveryRow& row) {
  const Predecessor before = lanes_.predecessor(row);
  return before.gap || before.open.has_value();
}

}  // namespace dispatch::journal
