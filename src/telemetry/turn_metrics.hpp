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

/// Hands the metrics of each turn to a collector, one batch a turn, and keeps the sums that counters cannot
/// express. read() is for any thread.
class TurnMetrics final : public flow::Observer, public metrics::Gauges {
 public:
  /// All is borrowed; `registry` keeps the texts that records name.
  TurnMetrics(metrics::AsyncCollector& collector, metrics::KeyRegistry& registry, const Clock& clock);

  void committed(const flow::CommittedTurn& turn) override;
  void read(std::vector<metrics::Sample>& samples) override;

  /// When the last turn was committed, or this was made.
  SteadyTime last_turn() const { return last_turn_.load(std::memory_order_relaxed); }

 private:
  void add(std::string_view key, std::uint64_t times);
  void add(const journal::Settlement& settlement);

  metrics::AsyncCollector& collector_;
  const Clock& clock_;
  const metrics::BucketKeys delivery_duration_, commit_duration_, commit_size_;
  std::vector<std::string_view> attempts_;  // keys, by OutcomeKind, then those of classes of answers
  std::vector<metrics::Record> batch_;      // of the turn
  // Microseconds, and what commits carried; written by the thread that works alone.
  std::atomic<std::int64_t> delivering_{0}, committing_{0}, carried_{0};
  std::atomic<SteadyTime> last_turn_;
};

}  // namespace dispatch::telemetry
