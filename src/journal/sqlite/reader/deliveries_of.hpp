#pragma once

#include "journal/records.hpp"

#include <span>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// Adds the deliveries of `events`. Throws SQLite's exceptions.
void add_deliveries(SQLite::Database& database, std::span<EventRecord> events);

}  // namespace dispatch::journal::reading
