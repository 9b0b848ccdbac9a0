#pragma once

#include "journal/records.hpp"

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// Adds the operator actions on the deliveries of `event`. Throws SQLite's exceptions.
void add_actions(SQLite::Database& database, EventRecord& event);

}  // namespace dispatch::journal::reading
