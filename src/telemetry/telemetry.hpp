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

/// The telemetry of a run that the user wants.
struct TelemetryOptions {
  MetricsOptions metrics;
  std::optional<TraceExport> traces;  ///< nothing: traces are not exported
  SpanUrl span_url = SpanUrl::origin;
};

/// All telemetry of a run: metrics, the delivery log, and traces. Uses threads of its own until finish();
/// delivery never waits for them.
class Telemetry {
 public:
  /// Starts to serve metrics, and writes the metrics file once, so that problems are found before anything is
  /// sent. Borrows all arguments but `log`.
  static Result<std::unique_ptr<Telemetry>> start(const TelemetryOptions& options,
                                                  const flow::SharedStats& shared_stats,
                                                  const journal::Store& store, const Clock& clock,
                                                  std::shared_ptr<spdlog::logger> log);
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  flow::Observer& observer() { return observers_; }
  /// The logger for threads that deliver: messages are written by another thread.
  std::shared_ptr<spdlog::logger> log() const { return aside_; }

  /// Call it at the end of the run: finishes counting and logging. Waits at most a few seconds, unless nobody
  /// reads the log. Returns the error of the metrics file.
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
