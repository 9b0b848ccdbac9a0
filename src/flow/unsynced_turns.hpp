#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "delivery/transport.hpp"
#include "event/outgoing.hpp"
#include "flow/attempt_tracer.hpp"
#include "flow/intake/intake.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/limits/scheduler.hpp"
#include "flow/observe/observer.hpp"
#include "flow/rules/sync_rule.hpp"
#include "flow/run_context.hpp"
#include "flow/run_stats_collector.hpp"
#include "journal/commit_token.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

namespace dispatch::flow {

/// What a turn has committed, and what must not leave the process before the commit is durable.
struct UnsyncedTurn {
  CommittedTurn done;
  std::vector<Outgoing> outgoing;
  std::vector<Item*> leaving;             ///< the items of `outgoing`, in the same order
  std::vector<delivery::Report> reports;  ///< own the outcomes of the settlements
  std::vector<journal::Settlement> settlements;
  journal::GapCount gaps_given_up;
  StagedInput input;
  AttemptTracer::Traces traces;
  journal::StateCounts state_counts;  ///< of the journal with the turn
};

/// The turns that are committed but not yet durable, oldest first. When a turn becomes durable, this class
/// sends its requests, acknowledges its input, and reports the turn to the observer and the stats. Used by
/// the dispatcher's thread.
class UnsyncedTurns {
 public:
  /// More turns are not committed before the first of them is durable. All that are committed during a sync
  /// share the next one, so each waits for two syncs at most; this limit bounds memory.
  static constexpr std::size_t turns_most = 8;

  UnsyncedTurns(const RunContext& context, Intake& intake, Scheduler& scheduler,
                DestinationLimiters& limiters, RunStatsCollector& stats, CommitWait wait)
      : context_(context),
        intake_(intake),
        scheduler_(scheduler),
        limiters_(limiters),
        stats_(stats),
        rule_(wait) {}

  /// Adds the next turn, whose commit began at `staged`. If its commit is not durable, lets it become so
  /// beside what follows, and wakes the inbox then.
  void add(UnsyncedTurn turn, journal::CommitToken token, SteadyTime staged);

  /// Lets go what the turns have held back that are durable by now. `begun`: number of attempts that were
  /// begun and are not settled.
  Result<> let_go(std::size_t begun);
  /// The same, after it has waited until at most `most` turns are left.
  Result<> wait_until_left(std::size_t most, std::size_t begun);

  /// From now on requests are not sent, but reported as withdrawn.
  void withdraw() { withdraws_ = true; }

  bool empty() const { return turns_.empty(); }
  /// Number of requests that wait for their commits.
  std::size_t unsent() const { return unsent_; }
  /// Number of sent requests that wait for a free connection, when one was last let go.
  std::size_t ahead() const { return ahead_; }
  /// Decides whether to wait for a commit. This class tells it how long each sync took.
  SyncRule& rule() { return rule_; }

 private:
  struct Waiting {
    UnsyncedTurn turn;
    SteadyTime staged;
    std::unique_ptr<std::atomic<SteadyTime>> durable;  ///< when it became so; null: it was when it was added
    journal::CommitToken token;                        // last: it uses the others until it is destroyed
  };

  Result<> let_go_first(std::size_t begun);
  void send(UnsyncedTurn& turn);
  void tell(UnsyncedTurn& turn);

  const RunContext& context_;
  Intake& intake_;
  Scheduler& scheduler_;
  DestinationLimiters& limiters_;
  RunStatsCollector& stats_;
  SyncRule rule_;
  std::deque<Waiting> turns_;
  std::size_t unsent_ = 0;
  std::size_t ahead_ = 0;
  bool withdraws_ = false;
};

}  // namespace dispatch::flow
