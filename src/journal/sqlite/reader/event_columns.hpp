#pragma once

#include "journal/records.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "tracing/trace_context.hpp"

#include <string>

namespace dispatch::journal::reading {

/// The columns of `events e LEFT JOIN entities n` that event() reads.
inline constexpr const char* event_columns =
    "e.position, e.event_id, n.entity_id, e.sequence_number, e.type, e.source, e.time, e.correlation_id, "
    "e.causation_id, e.headers, e.own_url, e.accepted_at, length(e.payload)";
/// The column after event_columns.
inline constexpr int after_event_columns = 13;

/// The event of the current row, without payload and deliveries.
EventRecord event(const Statement::Rows& rows);

/// "SELECT ... FROM ..." for whole_event(). The caller appends a condition.
std::string select_whole_events();

/// The event of the current row with its payload and trace, without deliveries. `seed` is the journal's trace
/// seed.
EventRecord whole_event(const Statement::Rows& rows, const tracing::TraceSeed& seed);

}  // namespace dispatch::journal::reading
