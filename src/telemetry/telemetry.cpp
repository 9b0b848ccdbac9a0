#include "telemetry/telemetry.hpp"

#include "base/version.hpp"

#include <chrono>
#include <utility>

namespace dispatch::telemetry {
namespace {

using namespace std::chrono_literals;

/// What nobody has read by then is not waited for.
constexpr auto lines_patience = 5s;
constexpr auto traces_patience = 3s;

}  // namespace

Telemetry::Telemetry(std::shared_ptr<spdlog::logger> log) : direct_(std::move(log)), aside_(direct_) {
  if (direct_->level() == spdlog::level::off) return;
  deliveries_.emplace(direct_, stop_.get_token());
  aside_ = deliveries_->aside();
  observers_.add(*deliveries_);
}

Result<std::unique_ptr<Telemetry>> Telemetry::start(const TelemetryOptions& options,
                                                    const flow::SharedStats& shared_stats,
                                                    const journal::Store& store, const Clock& clock,
                                                    std::shared_ptr<spdlog::logger> log) {
  std::unique_ptr<Telemetry> telemetry{new Telemetry{std::move(log)}};
  if (options.traces) DISPATCH_TRY(telemetry->start_traces(*options.traces, options.span_url));
  if (!options.metrics.wanted()) return telemetry;
  auto metrics = RunMetrics::start(options.metrics, shared_stats, store, clock, *telemetry->direct_,
                                   [self = telemetry.get()]() -> std::uint64_t {
                                     return (self->deliveries_ ? self->deliveries_->dropped() : 0) +
                                            (self->spans_ ? self->spans_->dropped() : 0);
                                   });
  if (!metrics) return tl::unexpected(std::move(metrics).error());
  telemetry->metrics_ = std::move(*metrics);
  telemetry->observers_.add(telemetry->metrics_->observer());
  return telemetry;
}

Result<> Telemetry::start_traces(const TraceExport& wanted, SpanUrl url) {
  for (const auto& remark : wanted.remarks) direct_->warn("{}", remark);
  DISPATCH_ASSIGN(exporter_, OtlpExporter::make(wanted.to, aside_, stop_traces_.get_token()));
  spans_.emplace(*exporter_, OtlpJson{wanted.resource, version()}, wanted.batches, stop_traces_.get_token(),
                 url);
  observers_.add(*spans_);
  return {};
}

void Telemetry::finish_traces() {
  if (!spans_) return;
  exporter_->hurry();
  spans_->drain(traces_patience);
  stop_traces_.request_stop();
  spans_->end();
  if (const auto lost = spans_->dropped(); lost > 0)
    aside_->warn("the traces of {} event(s) and attempt(s) were not exported", lost);
}

Result<> Telemetry::finish() {
  finish_traces();
  if (deliveries_) {
    deliveries_->drain(lines_patience);
    if (const auto dropped = deliveries_->dropped(); dropped > 0)
      direct_->warn("{} log line(s) were dropped, because they came faster than they were read", dropped);
  }
  auto told = metrics_ ? metrics_->finish() : Result<>{};
  stop_.request_stop();
  return told;
}

}  // namespace dispatch::telemetry
