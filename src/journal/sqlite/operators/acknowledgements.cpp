#include "journal/sqlite/operators/acknowledgements.hpp"

#include "journal/rows.hpp"
#include "journal/sqlite/reading/filter_sql.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"

#include <vector>

#include <fmt/format.h>

namespace dispatch::journal {

namespace {

constexpr const char* unacknowledged =
    "SELECT {} FROM attempts a INDEXED BY attempts_unknown"
    " CROSS JOIN deliveries d ON d.queue_no = a.queue_no AND d.position = a.position"
    "                       AND d.generation = a.generation"
    " CROSS JOIN events e ON e.position = d.position"
    " CROSS JOIN delivery_queues o ON o.queue_no = d.queue_no"
    " WHERE a.outcome = 5 AND a.acknowledged_at IS NULL{}";

}  // namespace

Acknowledgements::Acknowledgements(SQLite::Database& database, const TurnAccount& turn)
    : database_(database),
      turn_(turn),
      acknowledge_(database,
                   "UPDATE attempts SET acknowledged_at = ? WHERE queue_no = ? AND position = ?"
                   " AND generation = ? AND outcome = 5 AND acknowledged_at IS NULL"),
      add_action_(database,
                  "INSERT INTO actions (verb, at, turn, entity_no, queue_no, position, generation, quiet)"
                  " SELECT ?, ?, ?, entity_no, queue_no, position, generation, 1 FROM deliveries"
                  "  WHERE queue_no = ? AND position = ? AND generation = ?") {}

std::int64_t Acknowledgements::acknowledge(const DeliveryFilter& which, WallTime now, std::size_t limit) {
  const FilterSql filter{which};
  std::vector<DeliveryKey> deliveries;
  {
    Statement statement{database_,
                        fmt::format(unacknowledged, "DISTINCT a.queue_no, a.position, a.generation",
                                    fmt::format("{} ORDER BY a.position LIMIT ?{}", filter.conditions(),
                                                FilterSql::parameters + 1))};
    auto rows = filter.rows(statement, limit);
    while (rows.next())
      deliveries.push_back({.queue = QueueNo{rows.integer(0)},
                            .position = Position{rows.integer(1)},
                            .generation = rows.integer(2)});
  }
  std::int64_t acknowledged = 0;
  for (const auto& [queue, position, generation] : deliveries) {
    acknowledged += acknowledge_.run(now, queue, position, generation);
    add_action_.run(static_cast<int>(Verb::acknowledge), now, turn_.number, queue, position, generation);
  }
  return acknowledged;
}

std::int64_t Acknowledgements::count(const DeliveryFilter& which) {
  const FilterSql filter{which};
  Statement statement{database_, fmt::format(unacknowledged, "count(*)", filter.conditions())};
  auto rows = filter.rows(statement);
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace dispatch::journal
