#include "journal/sqlite/reader/deliveries_of.hpp"

#include "journal/sqlite/reader/reading.hpp"

namespace dispatch::journal::reading {

namespace {

constexpr const char* deliveries_at = R"(
  SELECT d.queue_no, d.position, d.generation, t.url, o.host, d.state, d.attempts, d.forgiven, iif(d.state = 1, d.began_at, d.state_at),
         d.began_at, d.status, s.subscription_id,
         d.state = 5 AND EXISTS (SELECT 1 FROM attempts a
                                  WHERE a.queue_no = d.queue_no AND a.position = d.position
                                    AND a.generation = d.generation AND a.attempt = d.attempts AND a.outcome = 8)
    FROM deliveries d INDEXED BY deliveries_by_position
    JOIN delivery_queues o ON o.queue_no = d.queue_no
    JOIN destinations t ON t.destination_no = iif(d.subscription_no > 0 AND d.state IN (0, 2, 3), o.present_destination_no,
                                                  d.destination_no)
    LEFT JOIN subscriptions s ON s.subscription_no = o.subscription_no
   WHERE d.position = ?
   ORDER BY d.queue_no, d.generation)";

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

void add_deliveries(SQLite::Database& database, std::span<EventRecord> events) {
  Statement statement{database, deliveries_at};
  for (EventRecord& event : events)
    for (auto rows = statement.rows(event.position); rows.next();) event.deliveries.push_back(delivery(rows));
}

}  // namespace dispatch::journal::reading
