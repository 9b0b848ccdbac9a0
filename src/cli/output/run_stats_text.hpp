#pragma once

#include "base/text/json.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/observe/throughput.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

// The stats of a run as text.

namespace dispatch::cli {

/// "1,234,567".
std::string count_text(std::uint64_t count);

/// One line for people: "1,234 delivered, 50 in flight, ... 812/s, 1m 20s left". Zero counts are left out,
/// except delivered and in flight.
std::string progress_line(const flow::RunStats& stats, const flow::Throughput& throughput);

/// Table rows: how many events go to the URL in their line instead of --to, and the first of these URLs.
/// Empty if there are none.
std::string elsewhere_table(const flow::Elsewhere& elsewhere);

/// "without sequence_number at /seq, in 4 entities, numbered as they come".
std::string missing_text(const flow::MissingField& missing);

/// Table rows, one a line, indented: the input.
std::string input_table(const flow::RunStats& stats);
/// Table rows: the first inputs that were not read to their ends, and how many more there are.
std::string unread_table(const flow::RunStats& stats);
/// Table rows: results of the deliveries, rates, and the most frequent errors. `waiting` is the word for
/// deliveries that are still to be made.
std::string delivery_table(const flow::RunStats& stats, std::chrono::microseconds took,
                           std::string_view waiting);

/// Table rows for a process that did not dispatch: the state of the whole journal.
std::string followed_table(const flow::RunStats& stats);

}  // namespace dispatch::cli
