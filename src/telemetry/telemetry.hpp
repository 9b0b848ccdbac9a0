#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/observe/observer.hpp"
#include "flow/observe/run_stats.hpp"
#include "telemetry/delivery_log.hpp"
#include "telemetry/delivery_spans.hpp"
#include "telemetry/observers.hpp"
#include "telemetry/otlp_exporter.hpp"
#include "telemetry/run_metrics.hpp"
#include "telemetry/trace_export.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <spdlog/logger.h>

namespace dispatch::telemetry {

/// What is wanted of what watches a run.
struct TelemetryOptions {
  MetricsOptions metrics;
  std::optional<TraceExport> traces;  ///< nothing: none are exported
  SpanUrl span_url = SpanUrl::origin;
};

/// Everything that watches a run, as far as it is wanted: metrics, the log of deliveries, and traces. From
/// its making to finish() on threads of its own, which nothing waits for that delivers.
class Telemetry {
 public:
  /// Begins to serve metrics, and writes the file of metrics for the first time, so that what cannot be used
  /// is found before anything is sent. Borrows all but `log`.
  static Result<std::unique_ptr<Telemetry>> start(const TelemetryOptions& options,
                                                  const flow::SharedStats& shared_stats,
                                                  const journal::Store& store, const Clock& clock,
                                                  std::shared_ptr<spdlog::logger> log);
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  flow::Observer& observer() { return observers_; }
  /// What whoever delivers is to talk through: what it says is written aside.
  std::shared_ptr<spdlog::logger> log() const { return aside_; }

  /// The run is over: what is still to be counted is, and what is still to be said. Waits a few seconds at
  /// most, unless nobody reads what is said. An error is that of the file of metrics.
  Result<> finish();

 private:
  explicit Telemetry(std::shared_ptr<spdlog::logger> log);
  Result<> start_traces(const TraceExport& wanted, SpanUrl url);
  void finish_traces();

  std::stop_source stop_, stop_traces_;
  const std::shared_ptr<spdlog::logger> direct_;
  std::optional<DeliveryLog> deliveries_;
  std::shared_ptr<spdlog::logger> aside_;
  std::unique_ptr<OtlpExporter> exporter_;
  std::optional<DeliverySpans> spans_;
  std::unique_ptr<RunMetrics> metrics_;
  Observers observers_;
};

}  // namespace dispatch::telemetry
