#pragma once

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "flow/observe/figures.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// What the figures of a run look like: numbers in, text out.

namespace dispatch::cli {

/// "1,234,567".
std::string count_text(std::uint64_t count);

/// How fast deliveries go, over the last ten seconds. Not thread-safe.
class Pace {
 public:
  void note(SteadyTime now, std::uint64_t delivered);
  /// Deliveries a second; nothing until there is a time to measure over.
  std::optional<double> per_second() const;

 private:
  std::deque<std::pair<SteadyTime, std::uint64_t>> notes_;
};

/// One line for people who watch: "1,234 delivered, 50 in flight, ... 812/s, 1m 20s left". What is zero is
/// left out, except what was delivered and what is in flight.
std::string progress_line(const flow::Figures& figures, const Pace& pace);

/// Rows: how many events go to the url of their line and not to --to, and the first of these URLs. Empty
/// where there are none.
std::string elsewhere_table(const flow::Elsewhere& elsewhere);

/// "without sequence_number at /seq, in 4 entities, numbered as they come".
std::string missing_text(const flow::MissingField& missing);

/// Rows of a table, one a line, indented: what came in.
std::string input_table(const flow::Figures& figures);
/// Rows of the same table: the first inputs that were not read to their ends, and how many more there are.
std::string unread_table(const flow::Figures& figures);
/// Rows of the same table: what became of it, how fast, and what went wrong most. `waiting` is what to call
/// deliveries that are still to be made.
std::string delivery_table(const flow::Figures& figures, std::chrono::microseconds took,
                           std::string_view waiting);

/// Rows of the same table for a process that did not dispatch: how the whole journal stands.
std::string followed_table(const flow::Figures& figures);

/// The same for programs: adds a key for each figure. Keys are only ever added.
void add_figures(JsonObject& object, const flow::Figures& figures, std::chrono::microseconds took);

}  // namespace dispatch::cli
