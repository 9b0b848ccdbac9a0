#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "metrics/collector.hpp"
#include "metrics/exposition.hpp"
#include "metrics/keys.hpp"
#include "metrics/store.hpp"
#include "telemetry/run_gauges.hpp"
#include "telemetry/turn_metrics.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include <spdlog/logger.h>

namespace dispatch::telemetry {

/// What can be asked of a run's metrics, from any thread.
struct MetricsView {
  std::function<std::string(metrics::Format)> exposition;
  std::function<std::optional<std::string>()>
      trouble;  ///< why the run seems to stand still; nothing: it does not
};

/// Where the metrics of a run go.
struct MetricsOptions {
  std::string file;                                           ///< empty: none
  std::chrono::microseconds every{std::chrono::seconds{15}};  ///< how often the file is written
  /// Begins to serve them. They are served as long as the handle that it returns lives. Empty: they are not
  /// served.
  std::function<Result<std::shared_ptr<void>>(MetricsView view)> serve = {};

  bool wanted() const { return serve || !file.empty(); }
};

/// The metrics of a run: what counts, what serves the counts, and what writes them to a file. From its making
/// to finish() on threads of its own.
class RunMetrics {
 public:
  /// Begins to serve, and writes the file for the first time, so that what cannot be used is found before
  /// anything is sent. Borrows all. `dropped_elsewhere`: what other pipelines have dropped; called from any
  /// thread.
  static Result<std::unique_ptr<RunMetrics>> start(const MetricsOptions& options,
                                                   const flow::SharedStats& shared_stats,
                                                   const journal::Store& store, const Clock& clock,
                                                   spdlog::logger& log,
                                                   std::function<std::uint64_t()> dropped_elsewhere);
  ~RunMetrics();
  RunMetrics(const RunMetrics&) = delete;
  RunMetrics& operator=(const RunMetrics&) = delete;

  flow::Observer& observer() { return turns_; }

  /// The run is over: counts what is still to be counted, writes the file for the last time and serves no
  /// more. An error is that of the file.
  Result<> finish();

 private:
  RunMetrics(const MetricsOptions& options, const flow::SharedStats& shared_stats,
             const journal::Store& store, const Clock& clock, spdlog::logger& log,
             std::function<std::uint64_t()> dropped_elsewhere);
  Result<> serve();
  Result<> write_file();
  void write_often(const std::stop_token& stop);
  std::string exposition(metrics::Format format);
  std::optional<std::string> trouble() const;

  const MetricsOptions& options_;
  const Clock& clock_;
  spdlog::logger& log_;
  const std::function<std::uint64_t()> dropped_elsewhere_;
  std::stop_source stop_;
  metrics::KeyRegistry keys_;
  metrics::SharedMapStore store_;
  metrics::AsyncCollector collector_;
  TurnMetrics turns_;
  RunGauges gauges_;
  std::shared_ptr<void> server_;
  std::mutex mutex_;
  std::condition_variable_any ending_;
  std::optional<std::jthread> writer_;  // last: it uses the others
};

}  // namespace dispatch::telemetry
