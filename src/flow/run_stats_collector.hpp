#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/pump/pump.hpp"
#include "flow/rules/commit_limits.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dispatch::flow {

/// Collects the stats of a run: counts what durable turns have done, and publishes the current state after
/// each of them. Used by the dispatcher's thread.
class RunStatsCollector {
 public:
  RunStatsCollector(journal::Journal& journal, const Clock& clock, const CommitLimits& limits,
                    const Pump& pump, const DestinationLimiters& limiters, SharedStats& shared_stats)
      : journal_(journal),
        clock_(clock),
        limits_(limits),
        pump_(pump),
        limiters_(limiters),
        shared_stats_(shared_stats) {}

  /// Counts attempts of the last owner with an unknown outcome.
  void recovered(std::size_t attempts);
  /// Counts the outcomes and given-up gaps of a durable turn.
  void committed(std::span<const journal::Settlement> settled, const journal::GapCount& gaps_given_up);
  /// Sets the paused subscriptions; the next look() publishes them.
  void set_paused(std::vector<std::string> ids) { paused_ = std::move(ids); }
  /// Reads the state counts. Call it in the transaction of a turn, when the turn has staged its last change.
  Result<> read_state_counts();
  /// Publishes the current state, with the state counts of a durable turn and `begun` attempts under way;
  /// `ahead` of them wait for their commit to be durable or for a free connection.
  void look(const journal::StateCounts& state_counts, std::size_t begun, std::size_t ahead);
  /// Updates the list of the busiest hosts.
  void look_at_hosts();
  /// Calls look_at_hosts() at most once a second.
  void look_at_hosts_now_and_then();

  /// The state counts of the last read_state_counts().
  const journal::StateCounts& state_counts() const { return state_counts_; }

 private:
  journal::Journal& journal_;
  const Clock& clock_;
  const CommitLimits& limits_;
  const Pump& pump_;
  const DestinationLimiters& limiters_;
  SharedStats& shared_stats_;
  journal::StateCounts state_counts_;
  std::optional<std::int64_t> failed_before_;  ///< failed deliveries when the run began
  std::optional<std::vector<std::string>> paused_;
  SteadyTime hosts_seen_at_{};
};

}  // namespace dispatch::flow
