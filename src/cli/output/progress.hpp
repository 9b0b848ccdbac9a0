#pragma once

#include "base/clock.hpp"
#include "base/system/log.hpp"
#include "cli/output/live_line.hpp"
#include "flow/observe/run_stats.hpp"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace dispatch::cli {

/// Shows the progress of a run on a thread of its own: on a terminal with control sequences as a live line,
/// five times a second; on a pipe as a plain line or a JSON object, every ten seconds.
class Progress {
 public:
  /// All arguments are borrowed. `format` is the format of the log.
  Progress(const flow::SharedStats& shared_stats, LiveLine& line, const Clock& clock,
           LogOptions::Format format);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void work(const std::stop_token& stop);

  const flow::SharedStats& shared_stats_;
  LiveLine& line_;
  const Clock& clock_;
  const LogOptions::Format format_;
  const SteadyTime began_;
  std::mutex mutex_;
  std::condition_variable_any stopping_;
  std::jthread thread_;  // last: it uses the others
};

/// The report for SIGUSR1: the current stats, as lines or as one JSON object.
std::string snapshot_text(const flow::RunStats& stats, std::chrono::microseconds took);
std::string snapshot_json(const flow::RunStats& stats, std::chrono::microseconds took, WallTime now);

}  // namespace dispatch::cli
