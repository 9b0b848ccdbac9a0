#pragma once

#include "journal/records.hpp"

#include <optional>
#include <string_view>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// Finds one event with its payload, deliveries and operator actions; nothing if no event has that id. Runs
/// several statements: call it inside a transaction. Throws SQLite's exceptions.
std::optional<EventRecord> find_event(SQLite::Database& database, std::string_view event_id);

}  // namespace dispatch::journal::reading
