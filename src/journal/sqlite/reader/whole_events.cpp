#include "journal/sqlite/reader/event_columns.hpp"
#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/reading/filter_sql.hpp"
#include "journal/sqlite/reading/stored_trace.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace reading;

namespace {

// A page ends with the event that makes it longer than one of these.
constexpr std::size_t whole_page_events = 512;
constexpr std::int64_t whole_page_bytes = 1'048'576;  // of payloads
// Where few events are meant, a snapshot and a call last no longer than it takes to look at these.
constexpr std::int64_t positions_looked_at = 65'536;

Position newest(SQLite::Database& database) {
  return Position{number_of(database, "SELECT max(position) FROM events")};
}

struct WholePage {
  std::vector<EventRecord> events;
  bool ended_early = false;  ///< by one of the bounds, and not because there were no more rows
};

WholePage read_page(Statement::Rows rows, const tracing::TraceSeed& seed, std::size_t most) {
  WholePage page;
  std::int64_t bytes = 0;
  while (!page.ended_early && rows.next()) {
    page.events.push_back(whole_event(rows, seed));
    bytes += page.events.back().payload_bytes;
    page.ended_early = page.events.size() == most || bytes >= whole_page_bytes;
  }
  return page;
}

/// " AND ..." on `events e`, with the parameters ?3 and ?4.
std::string type_condition(const TypeFilter& meant) {
  if (meant.types.empty() && meant.prefixes.empty()) return " AND coalesce(?3, ?4, 1) IS NOT NULL";
  return " AND (e.type IN (SELECT value FROM json_each(?3))"
         " OR EXISTS (SELECT 1 FROM json_each(?4) p WHERE length(e.type) > length(p.value)"
         " AND substr(e.type, 1, length(p.value)) = p.value))";
}

}  // namespace

Result<> SqliteReader::stream(std::string_view entity, SequenceNumber from, SequenceNumber to,
                              const Each<EventRecord>& each) const {
  return guarded(path_, "read a stream", [&]() -> Result<> {
    Statement known{*database_, "SELECT entity_no FROM entities WHERE entity_id = ?"};
    Statement statement{*database_, select_whole_events() +
                                        " WHERE e.entity_no = ?1 AND e.sequence_number BETWEEN ?2 AND ?3"
                                        " ORDER BY e.sequence_number"};
    const auto seed = read_trace_seed(*database_);
    std::int64_t entity_no = 0;
    if (auto rows = known.rows(entity); rows.next())
      entity_no = rows.integer(0);
    else
      return {};
    for (auto next = from.value();;) {
      const auto page = read_page(statement.rows(entity_no, next, to), seed, whole_page_events);
      for (const auto& event : page.events)
        if (!each(event)) return {};
      if (!page.ended_early || page.events.back().sequence == to) return {};
      next = page.events.back().sequence->value() + 1;
    }
  });
}

Result<Position> SqliteReader::all(Position after, const TypeFilter& meant, std::size_t limit,
                                   const Each<EventRecord>& each) const {
  return guarded(path_, "read the events", [&]() -> Result<Position> {
    Statement statement{*database_, select_whole_events() + " WHERE e.position > ?1 AND e.position <= ?2" +
                                        type_condition(meant) + " ORDER BY e.position"};
    const auto seed = read_trace_seed(*database_);
    const std::string types = json_list(meant.types), prefixes = json_list(meant.prefixes);
    const Position bound{after.value() + positions_looked_at};
    while (limit > 0 && after < bound) {
      WholePage page;
      Position until;
      {
        const SQLite::Transaction one_moment{*database_};
        const Position last = newest(*database_);
        if (after >= last) return after;
        until = std::min(last, bound);
        page = read_page(statement.rows(after, until, types, prefixes), seed,
                         std::min(limit, whole_page_events));
      }
      for (const auto& event : page.events)
        if (!each(event)) return event.position;
      limit -= page.events.size();
      after = page.ended_early ? page.events.back().position : until;
    }
    return after;
  });
}

Result<Position> SqliteReader::last_position() const {
  return guarded(path_, "read the events", [&]() -> Result<Position> { return newest(*database_); });
}

}  // namespace dispatch::journal
