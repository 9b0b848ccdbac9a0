#pragma once

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <functional>
#include <string>
#include <vector>

namespace dispatch::cli {

/// The state of the event's deliveries: "completed", or each different state once: "completed, dead_letter".
std::string states_text(const journal::EventRecord& event);

/// "https://example.com/hook, subscription orders, replay 1: retry_wait, due in 20s, 2 attempts".
std::string delivery_text(const journal::DeliveryRecord& delivery, WallTime now);

/// Writes the event as a line of JSON to standard output, with its deliveries.
void put_event_json(const journal::EventRecord& event);

/// Like the function above, with the fields that `more` adds.
void put_event_json(const journal::EventRecord& event, const std::function<void(JsonObject&)>& more);

/// Like the function above, with the payload and all attempts.
void put_event_json(const journal::EventRecord& event, const std::vector<journal::AttemptRecord>& attempts);

/// Writes the complete event for people: its fields, payload, deliveries and attempts.
void put_event(const journal::EventRecord& event, const std::vector<journal::AttemptRecord>& attempts,
               WallTime now);

}  // namespace dispatch::cli
