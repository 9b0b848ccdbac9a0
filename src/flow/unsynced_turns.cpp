#include "flow/unsynced_turns.hpp"

#include "base/fail_point.hpp"
#include "delivery/ended_here.hpp"
#include "flow/limits/lane.hpp"

#include <utility>

namespace dispatch::flow {

void UnsyncedTurns::add(UnsyncedTurn turn, journal::CommitToken token, SteadyTime staged) {
  unsent_ += turn.outgoing.size();
  turns_.push_back({std::move(turn), staged, nullptr, std::move(token)});
  Waiting& waiting = turns_.back();
  if (waiting.token.is_durable()) return;
  for (const Item* item : waiting.turn.leaving) scheduler_.not_sent_yet(*item);
  waiting.durable = std::make_unique<std::atomic<SteadyTime>>();
  fail_point(FailPoint::turn_unsynced);
  waiting.token.start([&clock = context_.clock, &inbox = context_.inbox, &durable = *waiting.durable] {
    durable = clock.steady();
    inbox.wake();
  });
}

Result<> UnsyncedTurns::let_go(std::size_t begun) {
  while (!turns_.empty() && turns_.front().token.is_decided()) DISPATCH_TRY(let_go_first(begun));
  return {};
}

Result<> UnsyncedTurns::wait_until_left(std::size_t most, std::size_t begun) {
  while (turns_.size() > most) DISPATCH_TRY(let_go_first(begun));
  return let_go(begun);
}

/// Waits for its commit. After an error nothing of what it holds back has left, and nothing will.
Result<> UnsyncedTurns::let_go_first(std::size_t begun) {
  Waiting& first = turns_.front();
  DISPATCH_TRY(first.token.wait());
  Waiting waiting = std::move(first);
  turns_.pop_front();
  UnsyncedTurn& turn = waiting.turn;
  unsent_ -= turn.outgoing.size();
  if (waiting.durable) {
    for (const Item* item : turn.leaving) scheduler_.is_sent(*item);
    const SteadyTime durable = *waiting.durable;
    rule_.note((durable == SteadyTime{} ? context_.clock.steady() : durable) - waiting.staged);
  }
  turn.done.commit = context_.clock.steady() - waiting.staged;
  turn.done.taken = turn.input.taken;
  intake_.acknowledge(turn.input);
  stats_.committed(turn.settlements, turn.gaps_given_up);
  const WallTime now = context_.clock.wall();
  turn.traces.committed(now, turn.done.commit);

  if (!turn.settlements.empty()) fail_point(FailPoint::outcomes_committed);
  send(turn);
  if (context_.observer != nullptr) tell(turn);
  ahead_ = context_.transport.waiting();
  stats_.look(turn.state_counts, begun, unsent_ + ahead_);
  return {};
}

/// While the disk synced, the run may have been told to stop, or a destination may have got into trouble:
/// then the requests go back.
void UnsyncedTurns::send(UnsyncedTurn& turn) {
  if (turn.outgoing.empty()) return;
  fail_point(FailPoint::intents_committed);
  const SteadyTime steady = context_.clock.steady();
  const auto may_go = [&](const Item& item) {
    const Lane& lane = *item.lane;
    return !withdraws_ && !lane.leaves && !lane.queue->policy->paused && limiters_.admits(item, steady);
  };
  std::vector<Outgoing> outgoing;
  outgoing.reserve(turn.outgoing.size());
  std::vector<delivery::Report> reports;
  for (std::size_t i = 0; i < turn.outgoing.size(); ++i) {
    if (!may_go(*turn.leaving[i])) {
      reports.push_back({turn.outgoing[i].ticket, delivery::never_begun("it was held back meanwhile")});
      turn.leaving[i] = nullptr;
      continue;
    }
    outgoing.push_back(std::move(turn.outgoing[i]));
  }
  if (!outgoing.empty()) context_.transport.send(std::move(outgoing));
  for (Item* item : turn.leaving)
    if (item != nullptr) limiters_.leaves(*item, steady);
  if (!reports.empty()) context_.inbox.put(std::move(reports));
}

void UnsyncedTurns::tell(UnsyncedTurn& turn) {
  CommittedTurn& done = turn.done;
  done.settled = turn.settlements;
  done.attempt_traces = turn.traces.ended;
  const auto accepted_events = turn.input.take_accepted_events(context_.clock.wall(), done.commit);
  done.accepted_events = accepted_events;
  context_.observer->committed(done);
  stats_.look_at_hosts_now_and_then();
}

}  // namespace dispatch::flow
