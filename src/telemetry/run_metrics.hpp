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

/// Access to a run's metrics, for any thread.
struct MetricsView {
  std::function<std::string(metrics::Format)> exposition;
  std::function<std::optional<std::string>()>
      trouble;  ///< why the run seems to make no progress; nothing: it is healthy
};

/// Where the metrics of a run are published.
struct MetricsOptions {
  std::string file;                                           ///< empty: none
  std::chrono::microseconds every{std::chrono::seconds{15}};  ///< interval between writes of the file
  /// Starts to serve the metrics over HTTP until the returned handle is destroyed. Empty: they are not
  /// served.
  std::function<Result<std::shared_ptr<void>>(MetricsView view)> serve = {};

  bool wanted() const { return serve || !file.empty(); }
};

/// The metrics of a run: counting, serving and writing to a file. Uses threads of its own until finish().
class RunMetrics {
 public:
  /// Starts to serve, and writes the file once, so that problems are found before anything is sent. Borrows
  /// all arguments. `dropped_elsewhere`: the number of records that other pipelines have dropped; called from
  /// any thread.
  static Result<std::unique_ptr<RunMetrics>> start(const MetricsOptions& options,
                                                   const flow::SharedStats& shared_stats,
                                                   const journal::Store& store, const Clock& clock,
                                                   spdlog::logger& log,
                                                   std::function<std::uint64_t()> dropped_elsewhere);
  ~RunMetrics();
  RunMetrics(const RunMetrics&) = delete;
  RunMetrics& operator=(const RunMetrics&) = delete;

  flow::Observer& observer() { return turns_; }

  /// Call it at the end of the run: counts what is still queued, writes the file once more and stops serving.
  /// Returns the error of the file.
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
