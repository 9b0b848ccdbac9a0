#pragma once

#include "base/clock.hpp"
#include "journal/records.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// Writes the delivery history of an event for people. For each delivery: its destination and state, and one
/// line for each stored attempt with its start, timings, outcome, consequence and span. Then the operator
/// actions. `attempts` comes from JournalReader::attempts; `write` receives whole lines.
void tell_attempts(const journal::EventRecord& event, const std::vector<journal::AttemptRecord>& attempts,
                   WallTime now, const std::function<void(std::string_view)>& write);

}  // namespace dispatch::cli
