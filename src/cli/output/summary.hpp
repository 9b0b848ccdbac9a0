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

/// Where the events of duplicates were recorded to go, if the journal could be read.
struct RecordedDestinations {
  std::string done_at;  ///< the most frequent URL of those that are done; empty: none is done
  std::string open_at;  ///< the most frequent URL of those that are not done; empty: all are done
  /// The inputs by which these events came, as --file names them; empty: not known, or too many.
  std::vector<std::string> inputs = {};
};

/// How a run ended. A value from which all final messages are made.
struct Summary {
  Task task = Task::deliver;
  flow::RunStats stats;
  flow::RunResult result;
  std::chrono::microseconds took{0};
  std::string journal;               ///< its path
  std::int64_t gapped_entities = 0;  ///< entities with an open gap
  /// The journal has deliveries that operators had given up before this run, or with their subscription.
  bool given_up_earlier = false;
  /// The id of another process that dispatches the journal, 0 if it is not known. Nothing: there is none.
  std::optional<std::int64_t> owner = {};
  std::vector<std::string> ignored =
      {};  ///< given options that have no effect because another process dispatches
  bool has_input = true;
  RecordedDestinations recorded = {};
  std::string command = {};  ///< Program::command
};

/// "another process (pid 4711) dispatches this journal".
std::string owner_text(std::int64_t pid);

/// The exit code of the most severe condition.
ExitCode exit_code(const Summary& summary);

/// The next command to type, and its purpose; empty if nothing is left to do.
struct NextCommand {
  std::string command;
  std::string reason;
};
std::vector<NextCommand> next_commands(const Summary& summary);

/// The final report of a run for people: whole lines.
std::string summary_text(const Summary& summary);

/// The final report in one line, which names only what is left to do.
std::string summary_line(const Summary& summary);

/// The final report for programs: one JSON object in a line. `now` becomes its time.
std::string summary_json(const Summary& summary, WallTime now);

}  // namespace dispatch::cli
