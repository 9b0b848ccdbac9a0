#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/options/telemetry_options.hpp"
#include "cli/run/run_gauges.hpp"
#include "metrics/collector.hpp"
#include "metrics/exposition.hpp"
#include "metrics/keys.hpp"
#include "metrics/store.hpp"
#include "serve/http_server.hpp"
#include "serve/metrics_endpoint.hpp"
#include "telemetry/turn_metrics.hpp"

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

namespace dispatch::cli {

/// The metrics of a run: what counts, what serves the counts, and what writes them to a file. From its making
/// to finish() on threads of its own.
class RunMetrics {
 public:
  /// Listens, and writes the file for the first time, so that what cannot be used is found before anything is
  /// sent. Borrows all.
  /// `dropped_elsewhere`: what other pipelines have dropped; called from any thread.
  static Result<std::unique_ptr<RunMetrics>> start(const TelemetryOptions& options,
                                                   const flow::Scoreboard& scoreboard,
                                                   const std::string& journal, const Clock& clock,
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
  RunMetrics(const TelemetryOptions& options, const flow::Scoreboard& scoreboard, const std::string& journal,
             const Clock& clock, spdlog::logger& log, std::function<std::uint64_t()> dropped_elsewhere);
  Result<> listen();
  Result<> write_file();
  void write_often(const std::stop_token& stop);
  std::string exposition(metrics::Format format);
  std::optional<std::string> trouble() const;

  const TelemetryOptions& options_;
  const Clock& clock_;
  spdlog::logger& log_;
  const std::function<std::uint64_t()> dropped_elsewhere_;
  std::stop_source stop_;
  metrics::KeyBook keys_;
  metrics::SharedMapStore store_;
  metrics::AsyncCollector collector_;
  telemetry::TurnMetrics turns_;
  RunGauges gauges_;
  const serve::MetricsEndpoint endpoint_;
  std::unique_ptr<serve::HttpServer> server_;
  std::mutex mutex_;
  std::condition_variable_any ending_;
  std::optional<std::jthread> writer_;  // last: it uses the others
};

}  // namespace dispatch::cli
