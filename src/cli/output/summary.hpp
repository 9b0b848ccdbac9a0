#pragma once

#include "cli/exit_code.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/run.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::cli {

enum class Task {
  deliver,  ///< dispatch run
  accept,   ///< dispatch ingest
};

/// Where the events of duplicates that would go elsewhere are, as far as it was looked up.
struct RecordedDestinations {
  std::string done_at;  ///< the URL to which most of those went that are done; empty: none is
  std::string open_at;  ///< the URL for which most of those wait that are not done; empty: none does
  /// By which those came, as --file names them; none: that is not known, or there are many.
  std::vector<std::string> inputs = {};
};

/// How a run ended and where that leaves its user. A value, from which all that is said at the end follows.
struct Summary {
  Task task = Task::deliver;
  flow::RunStats stats;
  flow::RunResult result;
  std::chrono::microseconds took{0};
  std::string journal;               ///< its path
  std::int64_t gapped_entities = 0;  ///< entities that wait for a sequence number
  /// Another process dispatches the journal: its id, or 0 where that is not known. Nothing: none does.
  std::optional<std::int64_t> owner = {};
  std::vector<std::string> ignored =
      {};  ///< options that were given, and that the other process does not use
  bool has_input = true;
  RecordedDestinations recorded = {};
  std::string command = {};  ///< Program::command
};

/// "another process (pid 4711) dispatches this journal".
std::string owner_text(std::int64_t pid);

/// The most severe of what holds.
ExitCode exit_code(const Summary& summary);

/// What is to be typed next, with the reason for it; empty where there is nothing left to do.
struct NextCommand {
  std::string command;
  std::string reason;
};
std::vector<NextCommand> next_commands(const Summary& summary);

/// The last thing that a run prints, for people: lines, each with its end.
std::string summary_text(const Summary& summary);

/// The same in one line: for whoever wants to hear of nothing but what is left to do.
std::string summary_line(const Summary& summary);

/// The same for programs: one JSON object in a line. `now` is its time.
std::string summary_json(const Summary& summary, WallTime now);

}  // namespace dispatch::cli
