#pragma once

#include "journal/records.hpp"

#include <span>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// Fills in the deliveries of `events`, which are in ascending order of position. Throws what SQLite throws.
///
/// Deliveries are kept by outlet and then by position, so those of one event are looked up once in each
/// outlet; events whose positions lie close together share that look-up.
void add_deliveries(SQLite::Database& database, std::span<EventRecord* const> events);

}  // namespace dispatch::journal::reading
