#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/pump/pump.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dispatch::flow {

/// Keeps the stats of a run: counts what committed turns have done, and looks after each of them at how
/// things stand. Used by the dispatcher's thread, between its turns.
class RunFigures {
 public:
  RunFigures(journal::Journal& journal, const Clock& clock, std::size_t per_host, const Pump& pump,
             const DestinationLimiters& limiters, SharedStats& shared_stats)
      : journal_(journal),
        clock_(clock),
        per_host_(per_host),
        pump_(pump),
        limiters_(limiters),
        shared_stats_(shared_stats) {}

  /// Attempts that the last owner left were found, of unknown outcome.
  void recovered(std::size_t attempts);
  /// A turn was committed that has recorded these outcomes and given up those gaps.
  void committed(std::span<const journal::Settlement> settled, const journal::GapCount& gaps_given_up);
  /// With the next look() these subscriptions are paused.
  void set_paused(std::vector<std::string> ids) { paused_ = std::move(ids); }
  /// How things stand after a turn with so many attempts begun and not settled; `ahead` of them wait for a
  /// free connection.
  Result<> look(std::size_t begun, std::size_t ahead);
  /// Which hosts have most to do.
  void look_at_hosts();
  /// The same, once a second.
  void look_at_hosts_now_and_then();

  /// As look() has last seen them.
  const journal::StateCounts& state_counts() const { return state_counts_; }

 private:
  journal::Journal& journal_;
  const Clock& clock_;
  const std::size_t per_host_;
  const Pump& pump_;
  const DestinationLimiters& limiters_;
  SharedStats& shared_stats_;
  journal::StateCounts state_counts_;
  std::optional<std::int64_t> failed_before_;  ///< deliveries in that state when the run began
  std::optional<std::vector<std::string>> paused_;
  SteadyTime hosts_seen_at_{};
};

}  // namespace dispatch::flow
