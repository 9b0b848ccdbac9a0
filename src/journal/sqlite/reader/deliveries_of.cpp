#include "journal/sqlite/reader/deliveries_of.hpp"

#include "journal/sqlite/reader/reading.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::journal::reading {

namespace {

// Of "{}", by a condition.
constexpr const char* select_deliveries = R"(
  SELECT d.queue_no, d.position, d.generation, t.url, o.host, d.state, d.attempts, d.forgiven, iif(d.state = 1, d.began_at, d.state_at),
         d.began_at, d.status, s.subscription_id,
         d.state = 5 AND EXISTS (SELECT 1 FROM attempts a
                                  WHERE a.queue_no = d.queue_no AND a.position = d.position
                                    AND a.generation = d.generation AND a.attempt = d.attempts AND a.outcome = 8)
    FROM {}
    JOIN delivery_queues o ON o.queue_no = d.queue_no
    JOIN destinations t ON t.destination_no = iif(d.subscription_no > 0 AND d.state IN (0, 2, 3), o.present_destination_no,
                                                  d.destination_no)
    LEFT JOIN subscriptions s ON s.subscription_no = o.subscription_no
   {}
   ORDER BY d.position, d.queue_no, d.generation)";

DeliveryRecord delivery(const Statement::Rows& rows) {
  DeliveryRecord delivery;
  delivery.key = {QueueNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)};
  delivery.destination = text(rows, 3);
  delivery.host = text(rows, 4);
  delivery.state = static_cast<DeliveryState>(rows.integer(5));
  delivery.attempts = static_cast<unsigned>(rows.integer(6));
  delivery.forgiven = static_cast<unsigned>(rows.integer(7));
  delivery.state_at = time_if_any(rows, 8);
  delivery.began_at = time_if_any(rows, 9);
  if (rows.integer(10) != 0) delivery.status = static_cast<int>(rows.integer(10));
  delivery.subscription = text(rows, 11);
  delivery.not_meant = rows.integer(12) != 0;
  return delivery;
}

}  // namespace

DeliveriesOf::DeliveriesOf(SQLite::Database& database)
    : written_(database, fmt::format(select_deliveries, "deliveries d INDEXED BY deliveries_by_position",
                                     "WHERE d.position = ?")),
      named_(database, "SELECT 1 FROM turn_log WHERE instr(begun, ?) > 0 LIMIT 1"),
      unwritten_(database, fmt::format(select_deliveries, "unwritten_deliveries d", "")) {}

void DeliveriesOf::add(std::span<EventRecord> events) {
  const auto unwritten = without_row(events);
  for (EventRecord& event : events) {
    for (auto rows = written_.rows(event.position); rows.next();) event.deliveries.push_back(delivery(rows));
    const auto [first, last] = unwritten.equal_range(event.position);
    if (first == last) continue;
    for (auto one = first; one != last; ++one) event.deliveries.push_back(one->second);
    std::sort(event.deliveries.begin(), event.deliveries.end(),
              [](const DeliveryRecord& a, const DeliveryRecord& b) { return a.key < b.key; });
  }
}

/// Those of these events, and perhaps others: the turn log has no index and is read as a whole.
DeliveriesOf::ByPosition DeliveriesOf::without_row(std::span<const EventRecord> events) {
  ByPosition found;
  if (events.empty()) return found;
  // Most single events are not in flight, which takes less to see than to read the log.
  if (events.size() == 1) {
    auto rows = named_.rows(fmt::format(",{},", events.front().position.value()));
    if (!rows.next()) return found;
  }
  for (auto rows = unwritten_.rows(); rows.next();) found.emplace(Position{rows.integer(1)}, delivery(rows));
  return found;
}

}  // namespace dispatch::journal::reading
