#include "journal/sqlite/reader/actions.hpp"
#include "journal/sqlite/reader/deliveries_of.hpp"
#include "journal/sqlite/reader/event_columns.hpp"
#include "journal/sqlite/reader/find_event.hpp"
#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/reading/stored_trace.hpp"

#include <algorithm>
#include <vector>

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace reading;

namespace {

constexpr std::size_t event_page_size = 512;

// " AND ..." where the deliveries in that state are found without reading all; more may be found.
std::string state_condition(const std::optional<DeliveryState>& state) {
  if (state == DeliveryState::in_flight) return " AND e.position IN (SELECT position FROM turn_log_entries)";
  if (state == DeliveryState::retry_wait || state == DeliveryState::dead_letter)
    return fmt::format(
        " AND e.position IN (SELECT position FROM deliveries WHERE state = {} AND state_at IS NOT NULL)",
        static_cast<int>(*state));
  return {};
}

// ?1 is the place in the listing's order behind which the page begins; ?2 to ?6 are conditions that may be
// NULL.
std::string event_page_query(const EventFilter& filter, std::int64_t entity_no) {
  std::string sql = fmt::format(
      "SELECT {} FROM events e LEFT JOIN entities n USING (entity_no) WHERE (?2 IS NULL OR e.type = ?2) "
      "AND (?3 IS NULL OR e.accepted_at >= ?3) AND (?4 IS NULL OR e.accepted_at < ?4) "
      "AND (?6 IS NULL OR (length(e.type) > length(?6) AND substr(e.type, 1, length(?6)) = ?6))",
      event_columns);
  sql += state_condition(filter.state);
  sql += filter.correlation ? " AND e.correlation_id = ?5" : " AND ?5 IS NULL";
  if (filter.unmatched) sql += " AND e.position IN (SELECT position FROM unmatched)";
  if (filter.unknown)
    sql += " AND e.position IN (SELECT position FROM attempts WHERE outcome = 5 AND acknowledged_at IS NULL)";
  sql += filter.entity
             ? fmt::format(" AND e.entity_no = {} AND e.sequence_number > ?1 ORDER BY e.sequence_number",
                           entity_no)
             : std::string{" AND e.position > ?1 ORDER BY e.position"};
  return sql + fmt::format(" LIMIT {}", event_page_size);
}

// The journal's number of the entity, 0 where there is none or it is not known: no event has that.
std::int64_t number_of_entity(SQLite::Database& database, const std::optional<std::string>& entity) {
  if (!entity) return 0;
  Statement statement{database, "SELECT entity_no FROM entities WHERE entity_id = ?"};
  auto rows = statement.rows(*entity);
  return rows.next() ? rows.integer(0) : 0;
}

// Where the listing begins: behind `after`, in the listing's own order.
Result<std::int64_t> start(SQLite::Database& database, const EventFilter& filter, std::int64_t entity_no) {
  if (!filter.after) return -1;
  if (!filter.entity) return filter.after->value();
  Statement statement{database, "SELECT sequence_number FROM events WHERE position = ? AND entity_no = ?"};
  auto rows = statement.rows(*filter.after, entity_no);
  if (!rows.next()) {
    return misuse(
        "the event at position {} is not one of entity {}: give --after the position of one that is",
        filter.after->value(), *filter.entity);
  }
  return rows.integer(0);
}

bool in_state(const EventRecord& event, DeliveryState state) {
  return std::any_of(event.deliveries.begin(), event.deliveries.end(),
                     [&](const auto& delivery) { return delivery.state == state; });
}

}  // namespace

Result<> SqliteReader::events(const EventFilter& filter, const Each<EventRecord>& each) const {
  return guarded(path_, "list the events", [&]() -> Result<> {
    const auto entity_no = number_of_entity(*database_, filter.entity);
    DISPATCH_ASSIGN(auto place, start(*database_, filter, entity_no));
    Statement statement{*database_, event_page_query(filter, entity_no).c_str()};
    DeliveriesOf deliveries{*database_};

    for (std::int64_t left = filter.limit.value_or(INT64_MAX); left > 0;) {
      std::vector<EventRecord> page;
      {
        const SQLite::Transaction one_moment{*database_};
        auto rows = statement.rows(place, filter.type, filter.since, filter.until, filter.correlation,
                                   filter.type_prefix);
        while (rows.next()) page.push_back(reading::event(rows));
        deliveries.add(page);
      }
      for (const auto& event : page) {
        if (filter.state && !in_state(event, *filter.state)) continue;
        if (!each(event) || --left == 0) return {};
      }
      if (page.size() < event_page_size) break;
      place = filter.entity ? page.back().sequence->value() : page.back().position.value();
    }
    return {};
  });
}

Result<std::optional<EventRecord>> SqliteReader::event(std::string_view event_id) const {
  return guarded(path_, "read the event", [&]() -> Result<std::optional<EventRecord>> {
    const SQLite::Transaction one_moment{*database_};
    return find_event(*database_, event_id);
  });
}

Result<std::string> SqliteReader::input_of(Position position) const {
  return guarded(path_, "look up an input", [&]() -> Result<std::string> {
    Statement statement{
        *database_,
        "SELECT coalesce((SELECT name FROM inputs WHERE input_no = e.input_no), '')"
        "  FROM event_inputs e WHERE first_position <= ? ORDER BY first_position DESC LIMIT 1"};
    auto rows = statement.rows(position);
    return rows.next() ? reading::text(rows, 0) : std::string{};
  });
}

namespace reading {

std::optional<EventRecord> find_event(SQLite::Database& database, std::string_view event_id) {
  Statement statement{database, select_whole_events() + " WHERE e.event_id = ?"};
  std::optional<EventRecord> found;
  if (auto rows = statement.rows(event_id); rows.next())
    found = whole_event(rows, read_trace_seed(database));
  else
    return found;
  DeliveriesOf{database}.add({&*found, 1});
  add_actions(database, *found);
  return found;
}

}  // namespace reading

}  // namespace dispatch::journal
