#include "flow/run_stats_collector.hpp"

#include "flow/busiest_hosts.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace dispatch::flow {
namespace {

constexpr std::size_t error_kinds_most = 32;
constexpr std::chrono::seconds look_at_hosts_every{1};

/// What failures alike are counted under.
std::string describe(const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::answered) return fmt::format("HTTP {}", outcome.status);
  if (outcome.kind == OutcomeKind::throttled)
    return fmt::format("HTTP {}, asks for time: tried again, no attempt spent", outcome.status);
  if (outcome.kind == OutcomeKind::timeout) return "no answer in time";  // its text tells how long it took
  return outcome.error.empty() ? std::string{to_string(outcome.kind)} : outcome.error;
}

void count_settled(RunStats& stats, const journal::Settlement& settlement) {
  if (settlement.outcome->kind == OutcomeKind::withdrawn) return;
  if (settlement.outcome->kind == OutcomeKind::not_meant) {
    ++stats.not_meant;
    return;
  }
  ++stats.attempts;
  if (settlement.by == Transition::succeed) {
    ++stats.delivered;
    stats.latency.add(settlement.outcome->took);
    return;
  }
  if (settlement.outcome->kind == OutcomeKind::unknown) ++stats.unknown;
  if (settlement.by == Transition::retry) ++stats.retries;
  if (settlement.by == Transition::bury) ++stats.buried;
  auto error = describe(*settlement.outcome);
  const bool known = stats.errors.contains(error) || stats.errors.size() < error_kinds_most;
  ++stats.errors[known ? std::move(error) : std::string{"other"}];
}

}  // namespace

void RunStatsCollector::recovered(std::size_t attempts) {
  shared_stats_.update([&](RunStats& stats) { stats.unknown += attempts; });
}

void RunStatsCollector::committed(std::span<const journal::Settlement> settled,
                                  const journal::GapCount& gaps_given_up) {
  shared_stats_.update([&](RunStats& stats) {
    for (const auto& settlement : settled) count_settled(stats, settlement);
    stats.gaps_given_up.gaps += gaps_given_up.gaps;
    stats.gaps_given_up.numbers += gaps_given_up.numbers;
  });
}

void RunStatsCollector::look_at_hosts() {
  auto hosts = busiest_hosts(pump_, limiters_, limits_.requests.per_host);
  shared_stats_.update([&](RunStats& stats) { stats.hosts = std::move(hosts); });
}

void RunStatsCollector::look_at_hosts_now_and_then() {
  const SteadyTime now = clock_.steady();
  if (hosts_seen_at_ != SteadyTime{} && now - hosts_seen_at_ < look_at_hosts_every) return;
  hosts_seen_at_ = now;
  look_at_hosts();
}

Result<> RunStatsCollector::read_state_counts() {
  DISPATCH_ASSIGN(state_counts_, journal_.state_counts());
  if (!failed_before_) failed_before_ = state_counts_.of(DeliveryState::failed);
  return {};
}

void RunStatsCollector::look(const journal::StateCounts& state_counts, std::size_t begun, std::size_t ahead) {
  const std::int64_t failed = state_counts.of(DeliveryState::failed) - *failed_before_;
  const auto waiting = limiters_.waiting();
  const WallTime now = clock_.wall();
  const SteadyTime steady = clock_.steady();
  shared_stats_.update([&](RunStats& stats) {
    stats.state_counts = state_counts;
    if (paused_) stats.paused = std::move(*std::exchange(paused_, std::nullopt));
    stats.given_up = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, failed - static_cast<std::int64_t>(stats.not_meant)));
    stats.ahead = std::min(ahead, begun);
    stats.in_flight = begun - stats.ahead;
    stats.host_limited =
        pump_.lanes() - begun - waiting.for_rate - waiting.for_circuit - waiting.for_throttle;
    stats.rate_limited = waiting.for_rate;
    stats.circuit_limited = waiting.for_circuit;
    stats.throttled = waiting.for_throttle;
    stats.hold_ends.reset();
    if (waiting.hold_ends && *waiting.hold_ends > steady)
      stats.hold_ends = std::chrono::ceil<std::chrono::microseconds>(*waiting.hold_ends - steady);
    stats.circuits_open = limiters_.circuits().tripped();
    stats.next_probe.reset();
    if (waiting.probe) stats.next_probe = std::max(*waiting.probe - now, std::chrono::microseconds{0});
  });
}

}  // namespace dispatch::flow
