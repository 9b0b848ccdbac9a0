#pragma once

#include "base/text/json.hpp"
#include "journal/records.hpp"

namespace dispatch::operations {

/// Adds a dead letter and the end of its last attempt.
void add_dead_letter(JsonObject& object, const journal::DeadLetterRecord& dead);

}  // namespace dispatch::operations
