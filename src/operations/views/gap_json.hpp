#pragma once

#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <string_view>

namespace dispatch::operations {

/// In a word what ended a gap.
std::string_view to_text(journal::GapEnd by);

/// Adds a gap, and what ended it.
void add_gap(JsonObject& object, const journal::GapRecord& gap);

}  // namespace dispatch::operations
