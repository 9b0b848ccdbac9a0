#pragma once

#include "base/text/json.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/observe/throughput.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

// What the stats of a run look like: numbers in, text out.

namespace dispatch::cli {

/// "1,234,567".
std::string count_text(std::uint64_t count);

/// One line for people who watch: "1,234 delivered, 50 in flight, ... 812/s, 1m 20s left". What is zero is
/// left out, except what was delivered and what is in flight.
std::string progress_line(const flow::RunStats& stats, const flow::Throughput& throughput);

/// Rows: how many events go to the url of their line and not to --to, and the first of these URLs. Empty
/// where there are none.
std::string elsewhere_table(const flow::Elsewhere& elsewhere);

/// "without sequence_number at /seq, in 4 entities, numbered as they come".
std::string missing_text(const flow::MissingField& missing);

/// Rows of a table, one a line, indented: what came in.
std::string input_table(const flow::RunStats& stats);
/// Rows of the same table: the first inputs that were not read to their ends, and how many more there are.
std::string unread_table(const flow::RunStats& stats);
/// Rows of the same table: what became of it, how fast, and what went wrong most. `waiting` is what to call
/// deliveries that are still to be made.
std::string delivery_table(const flow::RunStats& stats, std::chrono::microseconds took,
                           std::string_view waiting);

/// Rows of the same table for a process that did not dispatch: how the whole journal stands.
std::string followed_table(const flow::RunStats& stats);

}  // namespace dispatch::cli
