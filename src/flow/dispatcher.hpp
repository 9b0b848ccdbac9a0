#pragma once

#include "flow/attempt_tracer.hpp"
#include "flow/clock_watch.hpp"
#include "flow/gap_watch.hpp"
#include "flow/intake/ingest_budget.hpp"
#include "flow/intake/intake.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/limits/scheduler.hpp"
#include "flow/pump/pump.hpp"
#include "flow/rules/delivery_policy.hpp"
#include "flow/rules/gathering.hpp"
#include "flow/rules/options.hpp"
#include "flow/rules/turn_time.hpp"
#include "flow/run_context.hpp"
#include "flow/run_stats_collector.hpp"
#include "flow/unsynced_turns.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace dispatch::flow {

/// The one dispatcher of a journal; it works in turns. A turn is one transaction: it records the outcomes and
/// events that have arrived, and the intents of the deliveries that may go now. Nothing is sent or
/// acknowledged before the commit is durable; meanwhile the next turn may be computed and committed
/// (flow/unsynced_turns.hpp). So one transaction holds the outcome of delivery N and the intent of N+1, and
/// each commit carries as much as arrived during the last one. Everything happens on the caller's thread, and
/// the same mail at the same times gives the same turns.
class Dispatcher {
 public:
  Dispatcher(const RunContext& context, const RunOptions& options, Intake& intake, SharedStats& shared_stats);

  /// Takes over what the last owner left: recovers its attempts in flight, and sets the pump's starting
  /// point. Call once, before the first turn.
  Result<> start(const journal::Abandoned& left = {});

  Result<> turn(Mail mail);

  /// How long the caller should wait for more outcomes once there is one.
  Gathering::Wait gathering() const;

  /// Sends and acknowledges what earlier turns have committed, as far as it is durable by now. turn() does
  /// the same. The inbox wakes its reader when a commit has become durable.
  Result<> let_go() { return unsynced_.let_go(in_flight_.size()); }
  /// The same, after it has waited until all commits are durable.
  Result<> wait_for_commits() { return unsynced_.wait_until_left(0, in_flight_.size()); }
  /// True if commits are not known to be durable.
  bool is_syncing() const { return !unsynced_.empty(); }

  /// Notes how long the caller waited for the mail of the last turn, and how long the turn took.
  void note(std::chrono::nanoseconds waited, std::chrono::nanoseconds worked) {
    ingest_budget_.note(waited, worked);
  }

  /// Starts no new request from now on, and takes back what has not begun; still records outcomes. What is
  /// not durable yet is not sent any more.
  void drain();

  std::size_t in_flight() const { return in_flight_.size(); }
  /// True if nothing is under way, nothing is left to be read and no retry is to come: only an operator or
  /// new input can change that.
  bool finished() const;
  /// When the next turn has work even if no mail comes: at the latest when changes of other processes must be
  /// read.
  WallTime wake_at(WallTime now) const;

  /// At the end of a run: waits until everything is durable, saves where a restart must read, and updates the
  /// stats of the hosts.
  Result<> save_progress();

 private:
  Result<> follow_clock(journal::Transaction& transaction, const ClockWatch::Look& look);
  Result<> settle(journal::Transaction& transaction, UnsyncedTurn& turn, WallTime now);
  static void hear(const Item& item, const Outcome& outcome, SteadyTime now);
  Result<> note_actions(const std::vector<DestinationLimiters::End>& ends);
  Result<> pause(journal::Transaction& transaction, const std::set<SubscriptionNo>& subscriptions,
                 WallTime now);
  Result<> refresh_policies(WallTime now);
  Result<> commit(journal::Transaction& transaction, UnsyncedTurn turn);
  bool has_more() const;
  Result<> take_in(journal::Transaction& transaction, WallTime now, std::size_t outcomes);
  Result<> look_for_given_up();
  Result<> give_up_gaps(journal::Transaction& transaction, UnsyncedTurn& turn, WallTime now);
  IngestBudget::Load load(std::size_t outcomes) const;
  Result<> begin(journal::Transaction& transaction, UnsyncedTurn& turn, WallTime now);
  Result<std::vector<Item*>> what_may_go(WallTime now);

  const RunContext& context_;
  const RunOptions& options_;
  Intake& intake_;
  ClockWatch clock_watch_;
  PolicySet policies_;
  TurnTime time_;
  Scheduler scheduler_;
  DestinationLimiters limiters_;
  Pump pump_;
  GapWatch gap_watch_;
  RunStatsCollector stats_;
  IngestBudget ingest_budget_;
  Gathering gathering_;
  struct UnderWay {
    Item* item;
    std::shared_ptr<AttemptTrace> attempt_trace;  // null: no observer wants it
  };
  std::unordered_map<std::uint64_t, UnderWay> in_flight_;
  std::uint64_t last_ticket_ = 0;
  std::vector<QueueState*> answered_;  ///< queues with settled deliveries in this turn, each once
  bool given_up_ = false;  ///< true: another process has cancelled or discarded deliveries that may wait here
  bool satisfied_ = false;  ///< true: the turn has left available input in the inbox
  AttemptTracer attempt_tracer_;
  UnsyncedTurns unsynced_;
  std::uint64_t orphans_ = 0;  ///< found at the start and not reported yet
  SteadyTime remembered_at_{};
  bool draining_ = false;
};

}  // namespace dispatch::flow
