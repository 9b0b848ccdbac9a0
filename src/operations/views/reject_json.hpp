#pragma once

#include "base/text/json.hpp"
#include "journal/records.hpp"

namespace dispatch::operations {

/// Adds a rejected line, without its text.
void add_reject(JsonObject& object, const journal::RejectedRecord& reject);

}  // namespace dispatch::operations
