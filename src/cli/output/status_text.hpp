#pragma once

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::cli {

/// Where things stand, as `status` shows it.
struct Status {
  std::string journal;  ///< its path
  journal::JournalStatus journal_status;
};

/// One screen, for people.
std::string status_text(const Status& status, WallTime now);

/// The same for programs.
void add_status(JsonObject& object, const Status& status, WallTime now);

}  // namespace dispatch::cli
