#pragma once

#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <string_view>

namespace dispatch::operations {

/// One word for how a gap ended.
std::string_view to_text(journal::GapEnd by);

/// Adds a gap and how it ended.
void add_gap(JsonObject& object, const journal::GapRecord& gap);

}  // namespace dispatch::operations
