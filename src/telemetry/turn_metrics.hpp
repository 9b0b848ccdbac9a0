#pragma once

#include "base/clock.hpp"
#include "flow/observe/observer.hpp"
#include "metrics/collector.hpp"
#include "metrics/gauges.hpp"
#include "metrics/keys.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::telemetry {

/// Passes the metrics of each turn to a collector, one batch for each turn, and keeps the sums that counters
/// cannot express. Any thread may call read().
class TurnMetrics final : public flow::Observer, public metrics::Gauges {
 public:
  /// All arguments are borrowed; `registry` owns the texts that records refer to.
  TurnMetrics(metrics::AsyncCollector& collector, metrics::KeyRegistry& registry, const Clock& clock);

  void committed(const flow::CommittedTurn& turn) override;
  void read(std::vector<metrics::Sample>& samples) override;

  /// When the last turn was committed, or when this object was created.
  SteadyTime last_turn() const { return last_turn_.load(std::memory_order_relaxed); }

 private:
  void add(std::string_view key, std::uint64_t times);
  void add(const journal::Settlement& settlement);

  metrics::AsyncCollector& collector_;
  const Clock& clock_;
  const metrics::BucketKeys delivery_duration_, commit_duration_, commit_size_;
  std::vector<std::string_view> attempts_;  // keys by OutcomeKind, then by class of answers
  std::vector<metrics::Record> batch_;      // of the current turn
  // Microseconds, and the number of changes in commits. One thread writes them.
  std::atomic<std::int64_t> delivering_{0}, committing_{0}, carried_{0};
  std::atomic<SteadyTime> last_turn_;
};

}  // namespace dispatch::telemetry
