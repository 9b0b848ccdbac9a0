#include "journal/sqlite/operators/replays.hpp"

#include "base/fail_point.hpp"
#include "journal/sqlite/reading/delivery_columns.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <fmt/format.h>

namespace dispatch::journal {

Replays::Replays(SQLite::Database& database, TurnAccount& turn, Destinations& destinations)
    : turn_(turn),
      destinations_(destinations),
      wakeups_(database, turn),
      read_(database,
            fmt::format("SELECT {} FROM deliveries WHERE queue_no = ? AND position = ? AND generation = ?",
                        delivery_columns)),
      later_direct_(
          database,
          "SELECT 1 FROM deliveries WHERE queue_no = ? AND position = ? AND generation > ? LIMIT 1"),
      later_anywhere_(database,
                      "SELECT 1 FROM deliveries INDEXED BY deliveries_by_position"
                      " WHERE position = ? AND subscription_no = 0 AND generation > ? LIMIT 1"),
      later_subscribed_(database,
                        "SELECT 1 FROM delivery_queues o"
                        " CROSS JOIN deliveries d ON d.queue_no = o.queue_no AND d.position = ?2"
                        " WHERE o.subscription_no = ?1 AND d.generation > ?3 LIMIT 1"),
      open_at_(database,
               "SELECT 1 FROM deliveries WHERE queue_no = ? AND position = ? AND state NOT IN (4, 5)"
               " LIMIT 1"),
      next_generation_(database,
                       "UPDATE progress SET last_generation = last_generation + 1 RETURNING last_generation"),
      add_(database,
           "INSERT INTO deliveries (queue_no, position, generation, destination_no, entity_no,"
           "                        sequence_number, subscription_no)"
           " SELECT ?1, position, ?2, ?3, entity_no, sequence_number, ?4 FROM events WHERE position = ?5") {}

Result<std::int64_t> Replays::make(std::span<const DeliveryKey> deliveries, const std::optional<Route>& route,
                                   WallTime now) {
  struct Made {
    Position lowest;
    SubscriptionNo subscription;
    DestinationNo destination;
  };
  std::map<QueueNo, Made> queues;
  std::int64_t made = 0;
  std::int64_t generation = 0;
  for (const DeliveryKey& key : deliveries) {
    const auto row = read(key);
    if (!row || !is_final(row->state) || !is_latest(*row)) continue;
    const bool direct = row->subscription == SubscriptionNo{};
    if (!direct && (!route || route->subscription != row->subscription)) {
      return fail("a delivery of subscription {} cannot be replayed along another route; this is a bug",
                  row->subscription.value());
    }
    if (!route && goes_on_elsewhere(*row)) continue;
    const bool elsewhere = route && route->subscription == row->subscription;
    const auto to = elsewhere ? destinations_.resolve(*route, key.position)
                              : Destinations::Numbers{.destination = row->destination, .queue = key.queue};
    if (direct && open_at_.rows(to.queue, key.position).next()) continue;
    if (generation == 0) generation = next_generation();
    add_.run(to.queue, generation, to.destination, row->subscription, key.position);
    turn_.made(DeliveryState::pending);
    ++made;
    const Made here{.lowest = key.position, .subscription = row->subscription, .destination = to.destination};
    const auto [queue, first] = queues.try_emplace(to.queue, here);
    if (!first) queue->second.lowest = std::min(queue->second.lowest, key.position);
  }
  for (const auto& [queue, at] : queues) {
    destinations_.reach_down(at.destination, at.lowest);
    wakeups_.from_here(Verb::replay, {.queue = queue, .position = at.lowest, .generation = generation},
                       at.subscription, now);
  }
  if (made > 0) fail_point(FailPoint::replay_staged);
  return made;
}

std::optional<DeliveryRow> Replays::read(const DeliveryKey& key) {
  auto rows = read_.rows(key.queue, key.position, key.generation);
  if (!rows.next()) return std::nullopt;
  return read_delivery(rows);
}

bool Replays::is_latest(const DeliveryRow& row) {
  const auto& [queue, position, generation] = row.key;
  if (row.subscription == SubscriptionNo{}) return !later_direct_.rows(queue, position, generation).next();
  return !later_subscribed_.rows(row.subscription, position, generation).next();
}

bool Replays::goes_on_elsewhere(const DeliveryRow& row) {
  return row.subscription == SubscriptionNo{} && row.state == DeliveryState::failed &&
         later_anywhere_.rows(row.key.position, row.key.generation).next();
}

std::int64_t Replays::next_generation() {
  auto rows = next_generation_.rows();
  rows.next();
  return rows.integer(0);
}

}  // namespace dispatch::journal
