#pragma once

#include "base/text/json.hpp"
#include "event/delivery_state.hpp"
#include "flow/observe/run_stats.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// The number of deliveries in that state; 0 if the count is not known yet.
std::uint64_t in_state(const RunStats& stats, DeliveryState state);

/// Deliveries a second over the whole run.
double deliveries_per_second(const RunStats& stats, std::chrono::microseconds took);

/// The most frequent errors, at most five, the most frequent first.
std::vector<std::pair<std::string, std::uint64_t>> top_errors(const RunStats& stats);

/// Adds one key for each statistic. Keys are never removed or renamed.
void add_stats(JsonObject& object, const RunStats& stats, std::chrono::microseconds took);

}  // namespace dispatch::flow
