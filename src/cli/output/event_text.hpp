#pragma once

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <functional>
#include <string>
#include <vector>

namespace dispatch::cli {

/// "completed", or, with several deliveries in different states, each state once: "completed, dead_letter".
std::string states_text(const journal::EventRecord& event);

/// "https://example.com/hook, subscription orders, replay 1: retry_wait, due in 20s, 2 attempts".
std::string delivery_text(const journal::DeliveryRecord& delivery, WallTime now);

/// Writes the event as a line of JSON to standard output, with its deliveries.
void put_event_json(const journal::EventRecord& event);

/// The same with what `more` adds.
void put_event_json(const journal::EventRecord& event, const std::function<void(JsonObject&)>& more);

/// The same with its payload and all attempts.
void put_event_json(const journal::EventRecord& event, const std::vector<journal::AttemptRecord>& attempts);

/// Writes all of the event for people: what it is, its payload, where it goes, how that stands, and what was
/// tried.
void put_event(const journal::EventRecord& event, const std::vector<journal::AttemptRecord>& attempts,
               WallTime now);

}  // namespace dispatch::cli
