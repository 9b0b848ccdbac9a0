#include "telemetry/turn_metrics.hpp"

#include "event/outcome.hpp"
#include "event/outcome_name.hpp"
#include "metrics/series.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace dispatch::telemetry {
namespace {

using metrics::labelled;
namespace name = metrics::name;

using Seconds = std::chrono::duration<double>;

/// How attempts end, as `attempts_` has them.
enum Ended : std::size_t {
  succeeded,
  http_2xx,
  http_3xx,
  http_4xx,
  http_5xx,
  timeout,
  connect_error,
  broken,
  refused,
  filter_failed,
  transform_failed,
  local_failure,
  declined,
  unknown
};
constexpr std::array ended_names{
    metrics::outcome::succeeded,     metrics::outcome::http_2xx,         metrics::outcome::http_3xx,
    metrics::outcome::http_4xx,      metrics::outcome::http_5xx,         metrics::outcome::timeout,
    metrics::outcome::connect_error, metrics::outcome::broken,           metrics::outcome::refused,
    metrics::outcome::filter_failed, metrics::outcome::transform_failed, metrics::outcome::local_failure,
    metrics::outcome::declined,      metrics::outcome::unknown};

/// Answers of 1xx do not end an attempt, and what is above 5xx is as bad as that.
Ended answer_class(int status) {
  return static_cast<Ended>(http_2xx + std::clamp(status / 100, 2, 5) - 2);
}

Ended refused_for(std::string_view error) {
  const auto name = outcome_name(OutcomeKind::refused, error);
  if (name == dispatch::filter_failed) return filter_failed;
  return name == dispatch::transform_failed ? transform_failed : refused;
}

Ended ended(const journal::Settlement& settlement) {
  if (settlement.by == Transition::succeed) return succeeded;
  switch (settlement.outcome->kind) {
    case OutcomeKind::answered:
    case OutcomeKind::throttled:
      return answer_class(settlement.outcome->status);
    case OutcomeKind::timeout:
      return timeout;
    case OutcomeKind::connect_error:
      return connect_error;
    case OutcomeKind::broken:
      return broken;
    case OutcomeKind::refused:
      return refused_for(settlement.outcome->error);
    case OutcomeKind::local_failure:
      return local_failure;
    case OutcomeKind::declined:
      return declined;
    case OutcomeKind::acknowledged:
    case OutcomeKind::unknown:
    case OutcomeKind::withdrawn:
    case OutcomeKind::not_meant:
      break;
  }
  return unknown;
}

void add(std::atomic<std::int64_t>& sum, std::int64_t value) {
  sum.fetch_add(value, std::memory_order_relaxed);
}

}  // namespace

TurnMetrics::TurnMetrics(metrics::AsyncCollector& collector, metrics::KeyRegistry& registry,
                         const Clock& clock)
    : collector_(collector),
      clock_(clock),
      delivery_duration_(registry, name::delivery_duration, metrics::delivery_duration_bounds),
      commit_duration_(registry, name::commit_duration, metrics::commit_duration_bounds),
      commit_size_(registry, name::commit_size, metrics::commit_size_bounds),
      last_turn_(clock.steady()) {
  for (const auto outcome : ended_names)
    attempts_.push_back(registry.keep(labelled(name::attempts, "outcome", outcome)));
}

void TurnMetrics::add(std::string_view key, std::uint64_t times) {
  batch_.insert(batch_.end(), times, metrics::Record{key});
}

void TurnMetrics::add(const journal::Settlement& settlement) {
  const Outcome& outcome = *settlement.outcome;
  if (outcome.kind == OutcomeKind::withdrawn || outcome.kind == OutcomeKind::not_meant) return;
  add(attempts_[ended(settlement)], 1);
  if (outcome.kind == OutcomeKind::unknown) add(name::unknown, 1);
  switch (settlement.by) {
    case Transition::succeed:
      add(name::delivered, 1);
      add(delivery_duration_.of(Seconds{outcome.took}.count()), 1);
      telemetry::add(delivering_, outcome.took.count());
      break;
    case Transition::retry:
      add(name::retrying, 1);
      break;
    case Transition::bury:
      add(name::failed, 1);
      break;
    default:
      break;
  }
}

void TurnMetrics::committed(const flow::CommittedTurn& turn) {
  last_turn_.store(clock_.steady(), std::memory_order_relaxed);
  batch_.clear();
  const flow::Taken& taken = turn.taken;
  add(name::received, taken.accepted + taken.duplicates + taken.rejected);
  add(name::accepted, taken.accepted);
  add(name::duplicates, taken.duplicates);
  add(name::conflicts, taken.conflicts);
  add(name::rejected, taken.rejected);
  add(name::unmatched, taken.unmatched);
  for (const auto& settlement : turn.settled) add(settlement);
  add(name::unknown, turn.orphans);
  add(name::trips, turn.trips);
  add(name::throttled, turn.held_back.in_all);
  add(name::rate_rejections, turn.held_back.by_rate);
  if (const auto size = turn.size(); size > 0) {
    add(commit_duration_.of(Seconds{turn.commit}.count()), 1);
    add(commit_size_.of(static_cast<double>(size)), 1);
    telemetry::add(committing_, std::chrono::duration_cast<std::chrono::microseconds>(turn.commit).count());
    telemetry::add(carried_, static_cast<std::int64_t>(size));
  }
  collector_.put(batch_);
}

void TurnMetrics::read(std::vector<metrics::Sample>& samples) {
  const auto seconds = [](const std::atomic<std::int64_t>& microseconds) {
    return 1e-6 * static_cast<double>(microseconds.load(std::memory_order_relaxed));
  };
  samples.push_back({fmt::format("{}_sum", name::delivery_duration), seconds(delivering_)});
  samples.push_back({fmt::format("{}_sum", name::commit_duration), seconds(committing_)});
  samples.push_back({fmt::format("{}_sum", name::commit_size),
                     static_cast<double>(carried_.load(std::memory_order_relaxed))});
}

}  // namespace dispatch::telemetry
