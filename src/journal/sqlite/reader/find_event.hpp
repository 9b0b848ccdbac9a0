#pragma once

#include "journal/records.hpp"

#include <optional>
#include <string_view>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// One event, whole, with its deliveries and what operators did to them; nothing where there is none of that
/// id. Several statements: call it inside a transaction. Throws what SQLite throws.
std::optional<EventRecord> find_event(SQLite::Database& database, std::string_view event_id);

}  // namespace dispatch::journal::reading
