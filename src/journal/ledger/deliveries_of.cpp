#include "journal/ledger/deliveries_of.hpp"

#include "journal/ledger/reading.hpp"

#include <cstddef>

namespace dispatch::journal::reading {

namespace {

// Reading over so many deliveries of other events is cheaper than another look-up in each outlet.
constexpr std::int64_t close_together = 64;

constexpr const char* deliveries_between = R"(
  SELECT d.outlet_no, d.position, d.generation, t.url, o.host, d.state, d.attempts, d.forgiven, d.state_at,
         d.began_at, d.status, s.subscription_id,
         d.state = 5 AND EXISTS (SELECT 1 FROM attempts a
                                  WHERE a.outlet_no = d.outlet_no AND a.position = d.position
                                    AND a.generation = d.generation AND a.attempt = d.attempts AND a.outcome = 8)
    FROM outlets o
   CROSS JOIN deliveries d ON d.outlet_no = o.outlet_no AND d.position BETWEEN ?1 AND ?2
    JOIN destinations t ON t.destination_no = iif(d.subscription_no > 0 AND d.state IN (0, 2, 3), o.present_destination_no,
                                                  d.destination_no)
    LEFT JOIN subscriptions s ON s.subscription_no = o.subscription_no
   ORDER BY d.position, d.outlet_no, d.generation)";

DeliveryRecord delivery(const Statement::Rows& rows) {
  DeliveryRecord delivery;
  delivery.key = {OutletNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)};
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

void add_deliveries(SQLite::Database& database, std::span<EventRecord* const> events) {
  Statement statement{database, deliveries_between};
  for (std::size_t first = 0; first < events.size();) {
    std::size_t last = first;
    while (last + 1 < events.size() &&
           events[last + 1]->position.value() - events[last]->position.value() <= close_together) {
      ++last;
    }
    auto rows = statement.rows(events[first]->position, events[last]->position);
    for (std::size_t at = first; rows.next();) {
      auto found = delivery(rows);
      while (events[at]->position < found.key.position) ++at;  // ends at `last`, whose position none exceeds
      if (events[at]->position == found.key.position) events[at]->deliveries.push_back(std::move(found));
    }
    first = last + 1;
  }
}

}  // namespace dispatch::journal::reading
