#include "flow/pump/wakeup_follower.hpp"

#include "flow/pump/adjacent.hpp"

#include <set>

namespace dispatch::flow {

using journal::LaneWakeup;

void WakeupFollower::start(std::int64_t known_asks, std::int64_t last) {
  known_asks_ = known_asks;
  last_ = last;
}

Result<> WakeupFollower::follow() {
  if (!waits_) return {};
  DISPATCH_ASSIGN(const auto wakeups, journal_.wakeups(last_, most_in_turn_));
  waits_ = wakeups.size() == most_in_turn_;
  if (wakeups.empty()) return {};
  std::set<QueueNo> numbers;
  for (const LaneWakeup& said : wakeups) numbers.insert(said.key.queue);
  DISPATCH_TRY(queues_.know(numbers));
  DISPATCH_TRY(wake_lanes(wakeups));
  for (const LaneWakeup& said : wakeups) {
    if (said.from_here)
      wake_from(said.key);
    else if (said.action > known_asks_)
      ask(said);
    last_ = queues_.at(said.key.queue).row.last_wakeup = said.action;
  }
  return {};
}

void WakeupFollower::ask(const LaneWakeup& said) {
  if (said.ask != DestinationNo{}) asked_for_.push_back({said.ask, said.action});
  if (said.asked != DestinationNo{} && said.asked != said.ask)
    asked_for_.push_back({said.asked, said.action});
}

Result<> WakeupFollower::wake_lanes(const std::vector<LaneWakeup>& wakeups) {
  std::vector<journal::DeliveryKey> keys;
  std::vector<QueueState*> queues;
  std::set<QueueNo> numbers;
  for (const LaneWakeup& said : wakeups) {
    if (said.from_here) continue;
    keys.push_back(said.key);
    if (numbers.insert(said.key.queue).second) queues.push_back(&queues_.at(said.key.queue));
  }
  if (keys.empty()) return {};
  DISPATCH_TRY(queues_.reread_due(queues));
  DISPATCH_ASSIGN(const auto heads, journal_.heads(keys));
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& head = heads[i];
    if (!head) continue;
    QueueState& queue = queues_.at(keys[i].queue);
    if (queue.policy->paused)
      left_lanes_.read_when_open(queue, *head);
    else
      candidates.push_back({&queue, &*head});
  }
  DISPATCH_TRY(predecessors_.read_for_woken(candidates));
  for (const Candidate& candidate : candidates) loader_.load_woken(candidate);
  return {};
}

/// Anything of the delivery queue from there on may be new, also before what its lanes have come to.
void WakeupFollower::wake_from(const journal::DeliveryKey& key) {
  QueueState& queue = queues_.at(key.queue);
  if (queue.several == false) queue.several.reset();
  queues_.read_again(queue, before(key.position));
}

}  // namespace dispatch::flow
