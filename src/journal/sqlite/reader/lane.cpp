#include "journal/sqlite/reader/lane.hpp"

namespace dispatch::journal::reading {

namespace {

// events_by_stream gives the positions above; each delivery is then one look-up by its key.
constexpr const char* count_query = R"(
  SELECT count(*)
    FROM events e INDEXED BY events_by_stream
   CROSS JOIN deliveries d ON d.queue_no = ?1 AND d.position = e.position AND d.generation = ?2
   WHERE e.entity_no = ?3 AND e.sequence_number > ?4 AND (d.subscription_no > 0 OR d.destination_no = ?5) AND d.state NOT IN (4, 5))";

constexpr const char* first_query = R"(
  SELECT d.position
    FROM events e INDEXED BY events_by_stream
   CROSS JOIN deliveries d ON d.queue_no = ?1 AND d.position = e.position AND d.generation = ?2
   WHERE e.entity_no = ?3 AND e.sequence_number > ?4 AND (d.subscription_no > 0 OR d.destination_no = ?5) AND d.state = 0
   ORDER BY e.sequence_number
   LIMIT 1)";

}  // namespace

LaneReader::LaneReader(SQLite::Database& database)
    : count_(database, count_query), first_(database, first_query) {}

std::int64_t LaneReader::open_behind(const LanePlace& place) {
  if (!place.sequence) return 0;
  auto rows =
      count_.rows(place.key.queue, place.key.generation, place.entity, *place.sequence, place.destination);
  return rows.next() ? rows.integer(0) : 0;
}

std::optional<Position> LaneReader::first_pending_behind(const LanePlace& place) {
  if (!place.sequence) return std::nullopt;
  auto rows =
      first_.rows(place.key.queue, place.key.generation, place.entity, *place.sequence, place.destination);
  if (!rows.next()) return std::nullopt;
  return Position{rows.integer(0)};
}

}  // namespace dispatch::journal::reading
