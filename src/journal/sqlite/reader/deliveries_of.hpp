#pragma once

#include "journal/records.hpp"

#include <span>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// Fills in the deliveries of `events`. Throws what SQLite throws.
void add_deliveries(SQLite::Database& database, std::span<EventRecord> events);

}  // namespace dispatch::journal::reading
