#include "journal/sqlite/writing/lane_wakeups.hpp"

#include <limits>
#include <set>
#include <unordered_set>
#include <utility>

namespace dispatch::journal {

LaneWakeups::LaneWakeups(SQLite::Database& database, const TurnAccount& turn)
    : turn_(turn),
      next_gap_(database,
                "SELECT first_missing FROM gaps INDEXED BY gaps_open_by_stream"
                " WHERE entity_no = ? AND first_missing > ? AND skipped_at IS NULL"
                " ORDER BY first_missing LIMIT 1"),
      events_between_(
          database,
          "SELECT position FROM events WHERE entity_no = ? AND sequence_number > ? AND sequence_number < ?"
          " ORDER BY sequence_number"),
      deliveries_of_(
          database,
          "SELECT queue_no, destination_no FROM deliveries INDEXED BY deliveries_by_position"
          " WHERE position = ? AND subscription_no = 0 AND generation = 0 AND state NOT IN (4, 5)"),
      destinations_(database,
                    "SELECT count(*) FROM destinations JOIN delivery_queues USING (queue_no) WHERE "
                    "subscription_no = 0"),
      sparse_(
          database,
          "SELECT queue_no, position, generation, iif(subscription_no > 0, -subscription_no, destination_no)"
          "  FROM deliveries"
          "       INDEXED BY deliveries_open_by_lane"
          " WHERE entity_no = ? AND (subscription_no > 0 OR generation > 0)"
          "   AND sequence_number > ? AND sequence_number < ? AND state NOT IN (4, 5)"
          " ORDER BY subscription_no, generation, sequence_number"),
      add_(database,
           "INSERT INTO actions (verb, at, turn, entity_no, first_sequence, last_sequence, queue_no, "
           "position, "
           "generation)"
           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      add_from_here_(database,
                     "INSERT INTO actions (verb, at, turn, queue_no, position, generation, subscription_no)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?)") {}

void LaneWakeups::past_gap(EntityNo entity, const Gap& gap, Verb verb, WallTime now) {
  std::int64_t until = std::numeric_limits<std::int64_t>::max();
  if (auto rows = next_gap_.rows(entity, gap.last); rows.next()) until = rows.integer(0);

  // When so many are awake, all are, and mostly there is but one.
  std::size_t asleep = 0;
  if (auto rows = destinations_.rows(); rows.next()) asleep = static_cast<std::size_t>(rows.integer(0));

  const auto verb_number = static_cast<std::int64_t>(verb);
  std::unordered_set<std::int64_t> awake;
  auto events = events_between_.rows(entity, gap.last, until);
  while (awake.size() < asleep && events.next()) {
    const std::int64_t position = events.integer(0);
    auto deliveries = deliveries_of_.rows(position);
    while (deliveries.next()) {
      if (!awake.insert(deliveries.integer(1)).second) continue;
      add_.run(verb_number, now, turn_.number, entity, gap.first, gap.last, deliveries.integer(0), position,
               0);
    }
  }

  std::set<std::pair<std::int64_t, std::int64_t>> awake_lanes;
  auto sparse = sparse_.rows(entity, gap.last, until);
  while (sparse.next()) {
    if (!awake_lanes.emplace(sparse.integer(3), sparse.integer(2)).second) continue;
    add_.run(verb_number, now, turn_.number, entity, gap.first, gap.last, sparse.integer(0),
             sparse.integer(1), sparse.integer(2));
  }
  if (awake.empty() && awake_lanes.empty())
    add_.run(verb_number, now, turn_.number, entity, gap.first, gap.last, std::nullopt, std::nullopt,
             std::nullopt);
}

void LaneWakeups::from_here(Verb verb, const DeliveryKey& lowest, SubscriptionNo subscription, WallTime now) {
  add_from_here_.run(static_cast<std::int64_t>(verb), now, turn_.number, lowest.queue, lowest.position,
                     lowest.generation,
                     subscription == SubscriptionNo{} ? std::nullopt : std::optional{subscription});
}

}  // namespace dispatch::journal
