#pragma once

#include "journal/records.hpp"

#include <string_view>
#include <vector>

namespace dispatch::cli {

/// Writes the attempts to standard output, for people: when, how long, how they ended.
void put_attempt_table(const std::vector<journal::AttemptRecord>& attempts);

/// Writes one attempt of the event as a line of JSON.
void put_attempt_json(std::string_view event_id, const journal::AttemptRecord& attempt);

}  // namespace dispatch::cli
