#pragma once

#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <vector>

namespace dispatch::operations {

/// Adds what an event is, and its deliveries.
void add_event(JsonObject& object, const journal::EventRecord& event);

/// The same with its payload, all attempts, and what operators did.
void add_event(JsonObject& object, const journal::EventRecord& event,
               const std::vector<journal::AttemptRecord>& attempts);

}  // namespace dispatch::operations
