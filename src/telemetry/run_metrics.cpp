#include "telemetry/run_metrics.hpp"

#include "base/text/units.hpp"
#include "metrics/series.hpp"
#include "metrics/text_file.hpp"

#include <utility>
#include <vector>

namespace dispatch::telemetry {
namespace {

using namespace std::chrono_literals;

/// More than a second of a busy run, in 4 MiB.
constexpr std::size_t records_waiting = 262'144;
constexpr std::size_t workers = 2;
/// A dispatcher looks around twenty times a second.
constexpr auto stalled_after = 30s;
constexpr auto drain_patience = 5s;

}  // namespace

Result<std::unique_ptr<RunMetrics>> RunMetrics::start(const MetricsOptions& options,
                                                      const flow::SharedStats& shared_stats,
                                                      const journal::Store& store, const Clock& clock,
                                                      spdlog::logger& log,
                                                      std::function<std::uint64_t()> dropped_elsewhere) {
  std::unique_ptr<RunMetrics> metrics{
      new RunMetrics{options, shared_stats, store, clock, log, std::move(dropped_elsewhere)}};
  if (options.serve) DISPATCH_TRY(metrics->serve());
  if (options.file.empty()) return metrics;
  DISPATCH_TRY(metrics->write_file());
  metrics->writer_.emplace([self = metrics.get()](const std::stop_token& stop) { self->write_often(stop); });
  return metrics;
}

RunMetrics::RunMetrics(const MetricsOptions& options, const flow::SharedStats& shared_stats,
                       const journal::Store& store, const Clock& clock, spdlog::logger& log,
                       std::function<std::uint64_t()> dropped_elsewhere)
    : options_(options),
      clock_(clock),
      log_(log),
      dropped_elsewhere_(std::move(dropped_elsewhere)),
      collector_(store_, records_waiting, workers, stop_.get_token()),
      turns_(collector_, keys_, clock),
      gauges_(shared_stats, store, clock) {}

RunMetrics::~RunMetrics() = default;

Result<> RunMetrics::serve() {
  auto server = options_.serve({.exposition = [this](metrics::Format format) { return exposition(format); },
                                .trouble = [this] { return trouble(); }});
  if (!server) return tl::unexpected(std::move(server).error());
  server_ = std::move(*server);
  return {};
}

std::string RunMetrics::exposition(metrics::Format format) {
  std::vector<metrics::Sample> samples;
  turns_.read(samples);
  gauges_.read(samples);
  samples.push_back({std::string{metrics::name::dropped},
                     static_cast<double>(collector_.dropped() + dropped_elsewhere_())});
  return metrics::exposition(metrics::families(), store_.snapshot(), samples, format);
}

std::optional<std::string> RunMetrics::trouble() const {
  const auto since = clock_.steady() - turns_.last_turn();
  if (since < stalled_after) return std::nullopt;
  return fmt::format("nothing was committed for {}",
                     format_duration(std::chrono::duration_cast<std::chrono::microseconds>(since)));
}

Result<> RunMetrics::write_file() {
  auto written = metrics::replace_file(options_.file, exposition(metrics::Format::text));
  if (!written) written.error().message = "--metrics-file: " + written.error().message;
  return written;
}

void RunMetrics::write_often(const std::stop_token& stop) {
  bool failed = false;
  std::unique_lock lock{mutex_};
  while (!ending_.wait_for(lock, stop, options_.every, [&stop] { return stop.stop_requested(); })) {
    const auto written = write_file();
    if (!written && !failed) log_.warn("{}; the run goes on", written.error().message);
    failed = !written;
  }
}

Result<> RunMetrics::finish() {
  writer_.reset();
  collector_.drain(drain_patience);
  auto written = options_.file.empty() ? Result<>{} : write_file();
  server_.reset();
  stop_.request_stop();
  return written;
}

}  // namespace dispatch::telemetry
