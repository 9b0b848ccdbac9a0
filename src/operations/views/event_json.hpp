#pragma once

#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <vector>

namespace dispatch::operations {

/// Adds an event and its deliveries, without the payload.
void add_event(JsonObject& object, const journal::EventRecord& event);

/// Adds an event with its payload, deliveries, all attempts and operator actions.
void add_event(JsonObject& object, const journal::EventRecord& event,
               const std::vector<journal::AttemptRecord>& attempts);

}  // namespace dispatch::operations
