#include "journal/sqlite/operators/retries.hpp"

#include "base/fail_point.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"

namespace dispatch::journal {

Retries::Retries(SQLite::Database& database, const TurnAccount& turn)
    : turn_(turn),
      make_due_(database,
                "UPDATE deliveries SET state_at = ?1"
                " WHERE queue_no = ?2 AND position = ?3 AND generation = ?4 AND state = 2 AND state_at > ?1"),
      probe_(database,
             "UPDATE circuits SET half_open = 1, since = ? WHERE half_open = 0 AND destination_no ="
             " (SELECT coalesce(o.present_destination_no, d.destination_no)"
             "    FROM deliveries d JOIN delivery_queues o USING (queue_no)"
             "   WHERE queue_no = ? AND position = ? AND generation = ?)"),
      let_go_(database,
              "UPDATE throttles SET hold_until = ?1 WHERE hold_until > ?1 AND destination_no ="
              " (SELECT coalesce(o.present_destination_no, d.destination_no)"
              "    FROM deliveries d JOIN delivery_queues o USING (queue_no)"
              "   WHERE queue_no = ?2 AND position = ?3 AND generation = ?4)"),
      add_action_(database,
                  "INSERT INTO actions (verb, at, turn, entity_no, queue_no, position, generation,"
                  "                     asked_destination_no)"
                  " SELECT ?, ?, ?, entity_no, queue_no, position, generation,"
                  "        coalesce(present_destination_no, destination_no)"
                  "   FROM deliveries JOIN delivery_queues USING (queue_no)"
                  "  WHERE queue_no = ? AND position = ? AND generation = ? AND state IN (0, 2)") {}

std::int64_t Retries::retry_now(std::span<const DeliveryKey> deliveries, WallTime now) {
  std::int64_t retried = 0;
  for (const auto& [queue, position, generation] : deliveries) {
    if (add_action_.run(static_cast<int>(Verb::retry), now, turn_.number, queue, position, generation) == 0)
      continue;
    make_due_.run(now, queue, position, generation);
    ask({queue, position, generation}, now);
    ++retried;
  }
  fail_point(FailPoint::retries_made_due);
  return retried;
}

void Retries::ask(const DeliveryKey& delivery, WallTime now) {
  probe_.run(now, delivery.queue, delivery.position, delivery.generation);
  let_go_.run(now, delivery.queue, delivery.position, delivery.generation);
}

}  // namespace dispatch::journal
