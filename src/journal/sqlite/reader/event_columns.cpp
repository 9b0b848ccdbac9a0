#include "journal/sqlite/reader/event_columns.hpp"

#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reading/stored_trace.hpp"

#include <fmt/format.h>

namespace dispatch::journal::reading {

EventRecord event(const Statement::Rows& rows) {
  EventRecord event;
  event.position = Position{rows.integer(0)};
  event.event_id = text(rows, 1);
  event.entity_id = text_if_any(rows, 2);
  if (!rows.is_null(3)) event.sequence = SequenceNumber{rows.integer(3)};
  event.type = text(rows, 4);
  event.source = text(rows, 5);
  event.time = text(rows, 6);
  event.correlation_id = text(rows, 7);
  event.causation_id = text(rows, 8);
  event.headers = text(rows, 9);
  event.own_url = text(rows, 10);
  event.accepted_at = from_stored(rows.integer(11));
  event.payload_bytes = rows.integer(12);
  return event;
}

std::string select_whole_events() {
  return fmt::format("SELECT {}, e.payload, e.trace FROM events e LEFT JOIN entities n USING (entity_no)",
                     event_columns);
}

EventRecord whole_event(const Statement::Rows& rows, const tracing::TraceSeed& seed) {
  EventRecord whole = event(rows);
  whole.payload = text(rows, after_event_columns);
  whole.trace =
      read_trace(rows, after_event_columns + 1, seed, whole.event_id).value_or(tracing::TraceContext{});
  return whole;
}

}  // namespace dispatch::journal::reading
