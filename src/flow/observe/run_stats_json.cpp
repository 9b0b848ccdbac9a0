#include "flow/observe/run_stats_json.hpp"

#include <algorithm>
#include <cstddef>

namespace dispatch::flow {
namespace {

constexpr std::size_t errors_shown = 5;

}  // namespace

std::uint64_t in_state(const RunStats& stats, DeliveryState state) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, stats.state_counts.of(state)));
}

double deliveries_per_second(const RunStats& stats, std::chrono::microseconds took) {
  return took.count() > 0 ? static_cast<double>(stats.delivered) * 1e6 / static_cast<double>(took.count())
                          : 0;
}

std::vector<std::pair<std::string, std::uint64_t>> top_errors(const RunStats& stats) {
  std::vector<std::pair<std::string, std::uint64_t>> errors{stats.errors.begin(), stats.errors.end()};
  std::stable_sort(errors.begin(), errors.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  errors.resize(std::min(errors.size(), errors_shown));
  return errors;
}

void add_stats(JsonObject& object, const RunStats& stats, std::chrono::microseconds took) {
  const auto milliseconds = [&stats](double share) {
    return static_cast<double>(stats.latency.percentile(share).count()) / 1000;
  };
  object.add("accepted", stats.accepted)
      .add("delivered", stats.delivered)
      .add("duplicates", stats.duplicates)
      .add("rejected", stats.rejected)
      .add("attempts", stats.attempts)
      .add("retries", stats.retries)
      .add("buried", stats.buried)
      .add("unknown", stats.unknown)
      .add("in_flight", stats.in_flight)
      .add("ahead", stats.ahead)
      .add("host_limited", stats.host_limited)
      .add("rate_limited", stats.rate_limited)
      .add("circuit_limited", stats.circuit_limited)
      .add("circuits_open", stats.circuits_open)
      .add("pending", in_state(stats, DeliveryState::pending))
      .add("retry_wait", in_state(stats, DeliveryState::retry_wait))
      .add("dead_letter", in_state(stats, DeliveryState::dead_letter))
      .add("seconds", static_cast<double>(took.count()) / 1e6)
      .add("per_second", deliveries_per_second(stats, took))
      .add("p50_ms", milliseconds(0.50))
      .add("p95_ms", milliseconds(0.95))
      .add("p99_ms", milliseconds(0.99));
  std::string errors;
  {
    JsonObject by_count{errors};
    for (const auto& [what, count] : top_errors(stats)) by_count.add(what, count);
  }
  object.add_raw("errors", errors)
      .add("unmatched", stats.unmatched)
      .add("not_meant", stats.not_meant)
      .add("given_up", stats.given_up)
      .add("throttle_limited", stats.throttled)
      .add("unread_inputs", static_cast<std::uint64_t>(stats.unread.size()))
      .add("elsewhere", stats.elsewhere.events)
      .add("duplicates_elsewhere", stats.recorded_elsewhere.events)
      .add("gaps_given_up", stats.gaps_given_up.gaps)
      .add("new_dead_letters", stats.buried)
      .add("excluded_by_filter", stats.not_meant);
  for (const MissingField& missing : stats.missing_order) {
    object.add("without_" + missing.field, missing.lines);
    if (missing.entities > 0) object.add("entities_without_" + missing.field, missing.entities);
  }
}

}  // namespace dispatch::flow
