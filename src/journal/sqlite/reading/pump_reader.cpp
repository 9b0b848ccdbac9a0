#include "journal/sqlite/reading/pump_reader.hpp"

#include "journal/sqlite/reading/delivery_columns.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <fmt/format.h>

namespace dispatch::journal {

namespace {

DeliveryQueue read_queue(const Statement::Rows& rows) {
  return {.no = QueueNo{rows.integer(0)},
          .host = std::string{rows.bytes(1)},
          .subscription = SubscriptionNo{rows.integer(3)},
          .destination = DestinationNo{rows.integer(4)},  // NULL reads as 0
          .low_watermark = Position{rows.integer(2)},
          .last_wakeup = rows.integer(5)};
}

/// Adds what has no row, but where it has got one from another object meanwhile. Both are in order.
void merge(std::vector<DeliveryRow>& rows, const std::vector<DeliveryRow>& unwritten) {
  if (unwritten.empty()) return;
  const auto by_key = [](const DeliveryRow& a, const DeliveryRow& b) { return a.key < b.key; };
  std::vector<DeliveryRow> all;
  all.reserve(rows.size() + unwritten.size());
  std::set_union(rows.begin(), rows.end(), unwritten.begin(), unwritten.end(), std::back_inserter(all),
                 by_key);
  rows = std::move(all);
}

}  // namespace

PumpReader::PumpReader(SQLite::Database& database, UnwrittenDeliveries& unwritten)
    : unwritten_(unwritten),
      queues_(database,
              "SELECT queue_no, host, low_watermark, subscription_no, present_destination_no, last_wakeup"
              "  FROM delivery_queues"
              " WHERE queue_no > ? ORDER BY queue_no"),
      destinations_(database, "SELECT 1 FROM destinations WHERE queue_no = ? LIMIT 2"),
      scan_(database, fmt::format("SELECT {} FROM deliveries WHERE queue_no = ? AND position > ?"
                                  " ORDER BY position, generation",
                                  delivery_columns)),
      due_(
          database,
          fmt::format("SELECT {} FROM deliveries INDEXED BY deliveries_open"
                      " WHERE state = 2 AND queue_no = ?1 AND (state_at, position, generation) > (?2, ?3, ?4)"
                      "   AND state_at <= ?5 AND (state_at < ?5 OR (position, generation) <= (?6, ?7))"
                      " ORDER BY state_at, position, generation",
                      delivery_columns)),
      next_due_(database,
                "SELECT state_at FROM deliveries INDEXED BY deliveries_open"
                " WHERE state = 2 AND queue_no = ? AND state_at IS NOT NULL"
                "   AND (state_at, position, generation) > (?, ?, ?)"
                " ORDER BY state_at, position, generation LIMIT 1"),
      wakeups_(database,
               "SELECT action_no, a.queue_no, position, generation, verb IN (9, 10), iif(verb IN (0, 13),"
               "  (SELECT coalesce(q.present_destination_no, d.destination_no) FROM deliveries d"
               "    WHERE d.queue_no = a.queue_no AND d.position = a.position"
               "      AND d.generation = a.generation), 0), coalesce(asked_destination_no, 0)"
               "  FROM actions a CROSS JOIN delivery_queues q ON q.queue_no = a.queue_no"
               " WHERE action_no > ? AND quiet = 0 AND action_no > q.last_wakeup ORDER BY action_no LIMIT ?"),
      newest_action_(database, "SELECT coalesce(max(action_no), 0) FROM actions"),
      saved_wakeup_(database, "SELECT last_wakeup FROM progress"),
      save_queue_(database,
                  "UPDATE delivery_queues SET low_watermark = ?1, last_wakeup = ?3"
                  " WHERE queue_no = ?2 AND (low_watermark <> ?1 OR last_wakeup <> ?3)"),
      save_wakeup_(database, "UPDATE progress SET last_wakeup = ?1 WHERE last_wakeup <> ?1"),
      open_(database, fmt::format("SELECT {} FROM deliveries"
                                  " WHERE queue_no = ? AND position BETWEEN ? AND ? AND state NOT IN (4, 5)"
                                  " ORDER BY position, generation",
                                  delivery_columns)) {}

std::vector<DeliveryQueue> PumpReader::queues(QueueNo after) {
  std::vector<DeliveryQueue> queues;
  auto rows = queues_.rows(after);
  while (rows.next()) queues.push_back(read_queue(rows));
  return queues;
}

std::optional<DeliveryQueue> PumpReader::queue(QueueNo no) {
  auto rows = queues_.rows(QueueNo{no.value() - 1});
  if (!rows.next() || rows.integer(0) != no.value()) return std::nullopt;
  return read_queue(rows);
}

bool PumpReader::has_several_destinations(QueueNo queue) {
  auto rows = destinations_.rows(queue);
  return rows.next() && rows.next();
}

std::vector<DeliveryRow> PumpReader::scan(const QueueScan& what) {
  auto rows = scan_.rows(what.queue, what.after);
  auto deliveries = read_deliveries(rows, what.limit);
  if (what.limit == 0) return deliveries;
  // The next call begins above the last position, so all that stands at it is returned now.
  if (deliveries.size() == what.limit) {
    const Position last = deliveries.back().key.position;
    while (rows.next() && rows.integer(1) == last.value()) deliveries.push_back(read_delivery(rows));
  }
  merge(deliveries, unwritten_.unwritten_above(what.queue, what.after));
  if (deliveries.size() > what.limit) {
    const Position last = deliveries[what.limit - 1].key.position;
    const auto end =
        std::find_if(deliveries.begin() + static_cast<std::ptrdiff_t>(what.limit), deliveries.end(),
                     [&](const DeliveryRow& row) { return row.key.position > last; });
    deliveries.erase(end, deliveries.end());
  }
  return deliveries;
}

std::vector<DeliveryRow> PumpReader::due(const DueScan& what) {
  const auto& [queue, after, until, limit] = what;
  auto rows = due_.rows(queue, after.at, after.position, after.generation, until.at, until.position,
                        until.generation);
  return read_deliveries(rows, limit);
}

std::optional<WallTime> PumpReader::next_due(QueueNo queue, const DuePlace& after) {
  auto rows = next_due_.rows(queue, after.at, after.position, after.generation);
  if (!rows.next()) return std::nullopt;
  return from_stored(rows.integer(0));
}

std::vector<LaneWakeup> PumpReader::wakeups(std::int64_t after, std::size_t limit) {
  std::vector<LaneWakeup> wakeups;
  auto rows = wakeups_.rows(after, limit);
  while (rows.next()) {
    wakeups.push_back({.action = rows.integer(0),
                       .key = {.queue = QueueNo{rows.integer(1)},
                               .position = Position{rows.integer(2)},
                               .generation = rows.integer(3)},
                       .from_here = rows.integer(4) != 0,
                       .ask = DestinationNo{rows.integer(5)},
                       .asked = DestinationNo{rows.integer(6)}});
  }
  return wakeups;
}

std::int64_t PumpReader::newest_action() {
  auto rows = newest_action_.rows();
  return rows.next() ? rows.integer(0) : 0;
}

std::int64_t PumpReader::saved_wakeup() {
  auto rows = saved_wakeup_.rows();
  return rows.next() ? rows.integer(0) : 0;
}

void PumpReader::save_progress(std::span<const DeliveryQueue> queues, std::int64_t last_wakeup) {
  for (const DeliveryQueue& queue : queues) save_queue_.run(queue.low_watermark, queue.no, queue.last_wakeup);
  save_wakeup_.run(last_wakeup);
}

std::vector<DeliveryRow> PumpReader::first_open(Position from, Position to) {
  const auto all = queues(QueueNo{0});
  const auto unwritten = unwritten_.first_unwritten(from, to);
  bool found = !unwritten.empty();
  if (found) to = unwritten.front().key.position;
  for (const DeliveryQueue& queue : all) {
    auto rows = open_.rows(queue.no, from, to);
    if (!rows.next()) continue;
    found = true;
    to = Position{rows.integer(1)};
  }
  std::vector<DeliveryRow> first;
  if (!found) return first;
  for (const DeliveryQueue& queue : all) {
    auto rows = open_.rows(queue.no, to, to);
    while (rows.next()) first.push_back(read_delivery(rows));
  }
  if (!unwritten.empty() && unwritten.front().key.position == to) merge(first, unwritten);
  return first;
}

}  // namespace dispatch::journal
