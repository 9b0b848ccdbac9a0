#pragma once

#include "journal/records.hpp"

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// Fills in what operators did to the deliveries of `event`. Throws what SQLite throws.
void add_actions(SQLite::Database& database, EventRecord& event);

}  // namespace dispatch::journal::reading
