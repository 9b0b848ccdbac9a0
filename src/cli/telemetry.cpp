#include "cli/telemetry.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace dispatch::cli {
namespace {

using namespace std::chrono_literals;

/// What nobody has read by then is not waited for.
constexpr auto lines_patience = 5s;

}  // namespace

void Observers::committed(const flow::CommittedTurn& turn) {
  for (flow::Observer* observer : all_) observer->committed(turn);
}

bool Observers::wants_stories() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto* observer) { return observer->wants_stories(); });
}

Telemetry::Telemetry(std::shared_ptr<spdlog::logger> log) : direct_(std::move(log)), aside_(direct_) {
  if (direct_->level() == spdlog::level::off) return;
  deliveries_.emplace(direct_, stop_.get_token());
  aside_ = deliveries_->aside();
  observers_.add(*deliveries_);
}

Result<std::unique_ptr<Telemetry>> Telemetry::start(const TelemetryOptions& options,
                                                    const flow::Scoreboard& scoreboard,
                                                    const std::string& journal, const Clock& clock,
                                                    std::shared_ptr<spdlog::logger> log) {
  std::unique_ptr<Telemetry> telemetry{new Telemetry{std::move(log)}};
  if (!options.wanted()) return telemetry;
  auto metrics = RunMetrics::start(
      options, scoreboard, journal, clock, *telemetry->direct_,
      [lines = telemetry->deliveries_ ? &*telemetry->deliveries_ : nullptr]() -> std::uint64_t {
        return lines == nullptr ? 0 : lines->dropped();
      });
  if (!metrics) return tl::unexpected(std::move(metrics).error());
  telemetry->metrics_ = std::move(*metrics);
  telemetry->observers_.add(telemetry->metrics_->observer());
  return telemetry;
}

Result<> Telemetry::finish() {
  if (deliveries_) {
    deliveries_->drain(lines_patience);
    if (const auto dropped = deliveries_->dropped(); dropped > 0)
      direct_->warn("{} line(s) of talk were left out, as they came faster than they were read", dropped);
  }
  auto told = metrics_ ? metrics_->finish() : Result<>{};
  stop_.request_stop();
  return told;
}

}  // namespace dispatch::cli
