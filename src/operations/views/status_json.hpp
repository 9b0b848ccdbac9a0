#pragma once

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <string>

namespace dispatch::operations {

/// The data that `status` shows.
struct Status {
  std::string journal;  ///< its path
  journal::JournalStatus journal_status;
};

void add_status(JsonObject& object, const Status& status, WallTime now);

}  // namespace dispatch::operations
