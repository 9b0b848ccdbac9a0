#include "journal/sqlite/reader/attempt_columns.hpp"
#include "journal/sqlite/reader/deliveries_of.hpp"
#include "journal/sqlite/reader/event_columns.hpp"
#include "journal/sqlite/reader/lane.hpp"
#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/reading/filter_sql.hpp"

#include <tuple>
#include <vector>

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace reading;

namespace {

constexpr std::size_t page_size = 256;
// All dead letters are read once for each page of positions. Payloads may be large: one is in memory.
constexpr std::size_t positions_page_size = 65'536;

// In the order of deliveries_open, so that a page goes on where the last one ended without sorting.
std::string page_query(const FilterSql& filter) {
  return fmt::format(R"(
  SELECT d.queue_no, d.position, d.generation, d.state_at, d.attempts, t.url, o.host, e.event_id, n.entity_id,
         d.entity_no, d.sequence_number, d.destination_no, s.subscription_id, s.paused_at IS NOT NULL, a.attempt, {}
    FROM deliveries d
    JOIN delivery_queues o ON o.queue_no = d.queue_no
    JOIN destinations t ON t.destination_no = coalesce(o.present_destination_no, d.destination_no)
    JOIN events e ON e.position = d.position
    LEFT JOIN subscriptions s ON s.subscription_no = o.subscription_no
    LEFT JOIN entities n ON n.entity_no = d.entity_no
    LEFT JOIN attempts a ON a.queue_no = d.queue_no AND a.position = d.position AND a.generation = d.generation
                        AND a.attempt = d.attempts
   WHERE d.state = 3 AND d.state_at IS NOT NULL
     AND (d.queue_no, d.state_at, d.position, d.generation) > (?{}, ?{}, ?{}, ?{}){}
   ORDER BY d.queue_no, d.state_at, d.position, d.generation
   LIMIT {})",
                     attempt_end_columns, FilterSql::parameters + 1, FilterSql::parameters + 2,
                     FilterSql::parameters + 3, FilterSql::parameters + 4, filter.conditions(), page_size);
}

std::string dead_positions_query(const FilterSql& filter) {
  return fmt::format(
      "SELECT DISTINCT d.position FROM deliveries d INDEXED BY deliveries_open"
      "  JOIN delivery_queues o ON o.queue_no = d.queue_no JOIN events e ON e.position = d.position "
      "WHERE d.state = 3 AND d.state_at IS NOT NULL AND d.position > ?{}{} "
      "ORDER BY d.position LIMIT {}",
      FilterSql::parameters + 1, filter.conditions(), positions_page_size);
}

std::string dead_event_query(const FilterSql& filter) {
  return fmt::format(
      "SELECT {0}, e.payload FROM events e LEFT JOIN entities n USING (entity_no) "
      "WHERE e.position = ?{1} AND EXISTS (SELECT 1 FROM deliveries d INDEXED BY deliveries_by_position "
      "JOIN delivery_queues o ON o.queue_no = d.queue_no JOIN events e ON e.position = d.position "
      "WHERE d.position = ?{1} AND d.state = 3 AND d.state_at IS NOT NULL{2})",
      event_columns, FilterSql::parameters + 1, filter.conditions());
}

struct Row {
  DeadLetterRecord record;
  LanePlace place;
};

Row row(const Statement::Rows& rows) {
  Row row;
  auto& record = row.record;
  record.key = {QueueNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)};
  record.since = from_stored(rows.integer(3));
  record.attempts = static_cast<unsigned>(rows.integer(4));
  record.destination = text(rows, 5);
  record.host = text(rows, 6);
  record.event_id = text(rows, 7);
  record.entity_id = text_if_any(rows, 8);
  if (!rows.is_null(10)) record.sequence = SequenceNumber{rows.integer(10)};
  record.subscription = text(rows, 12);
  record.paused = rows.integer(13) != 0;
  if (!rows.is_null(14)) record.last = attempt_end(rows, 15);
  row.place = {record.key, EntityNo{rows.integer(9)}, record.sequence, DestinationNo{rows.integer(11)}};
  return row;
}

}  // namespace

Result<> SqliteReader::dead_letters(const DeliveryFilter& which, const Each<DeadLetterRecord>& each) const {
  return guarded(path_, "list the dead letters", [&]() -> Result<> {
    const FilterSql filter{which};
    Statement statement{*database_, page_query(filter)};
    LaneReader lanes{*database_};
    DeliveryKey last{QueueNo{-1}, Position{}, 0};
    WallTime last_since{};
    for (;;) {
      std::vector<Row> page;
      {
        const SQLite::Transaction one_moment{*database_};
        auto rows = filter.rows(statement, last.queue, last_since, last.position, last.generation);
        while (rows.next()) page.push_back(row(rows));
        for (auto& [record, place] : page) record.waiting = lanes.open_behind(place);
      }
      for (const auto& [record, place] : page)
        if (!each(record)) return {};
      if (page.size() < page_size) return {};
      last = page.back().record.key;
      last_since = page.back().record.since;
    }
  });
}

Result<> SqliteReader::dead_events(const DeliveryFilter& which, const Each<EventRecord>& each) const {
  return guarded(path_, "read the dead letters", [&]() -> Result<> {
    const FilterSql filter{which};
    Statement positions{*database_, dead_positions_query(filter)};
    Statement whole_event{*database_, dead_event_query(filter)};
    DeliveriesOf deliveries{*database_};
    for (Position after;;) {
      std::vector<Position> page;
      for (auto rows = filter.rows(positions, after); rows.next();) page.emplace_back(rows.integer(0));
      for (const Position position : page) {
        std::vector<EventRecord> found;  // nothing where an operator has acted on it meanwhile
        {
          const SQLite::Transaction one_moment{*database_};
          if (auto rows = filter.rows(whole_event, position); rows.next()) {
            found.push_back(reading::event(rows));
            found.back().payload = text(rows, after_event_columns);
          }
          deliveries.add(found);
        }
        if (!found.empty() && !each(found.front())) return {};
      }
      if (page.size() < positions_page_size) return {};
      after = page.back();
    }
  });
}

}  // namespace dispatch::journal
