#pragma once

#include "base/clock.hpp"
#include "cli/program.hpp"
#include "journal/records.hpp"

#include <string>

namespace dispatch::cli {

/// "completed", or, with several deliveries in different states, each state once: "completed, dead_letter".
std::string states_text(const journal::EventRecord& event);

/// Writes the event as a line of JSON to standard output, with its deliveries; its payload only where
/// `whole`.
void put_event_json(const journal::EventRecord& event, bool whole);

/// Writes all of the event for people: what it is, where it goes and how that stands, and its payload.
void put_event(const journal::EventRecord& event, WallTime now);

}  // namespace dispatch::cli
