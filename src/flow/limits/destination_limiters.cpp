#include "flow/limits/destination_limiters.hpp"

#include "flow/limits/lane.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace dispatch::flow {

using policy::Circuit;
using policy::HealthSignal;

namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();
constexpr std::size_t limiters_most_idle = 256;
/// A rate of fewer requests is kept over a restart, which takes longer than one of more.
constexpr std::chrono::milliseconds interval_kept{100};

}  // namespace

bool DestinationLimiters::nothing_to_find(const QueueState& queue) const {
  return !queue.policy->rate && !queue.policy->concurrency && limiters_.empty() && throttles_.empty() &&
         circuits_.tripped() == 0;
}

DestinationLimiter* DestinationLimiters::find_or_make(QueueState& queue, DestinationNo destination) {
  const auto found = limiters_.find(destination);
  if (found != limiters_.end()) {
    if (found->second.throttled) spare(found->second);
    return found->second.limits() ? &found->second : nullptr;
  }
  const bool in_trouble =
      circuits_.state(destination) != Circuit::State::closed || throttles_.find(destination) != nullptr;
  if (!queue.policy->rate && !queue.policy->concurrency && !in_trouble) return nullptr;
  if (const auto when = std::exchange(queue.asked, std::nullopt)) circuits_.asked(destination, *when);
  return &make(queue, destination);
}

DestinationLimiter& DestinationLimiters::make(QueueState& queue, DestinationNo destination) {
  DestinationLimiter& limiter = limiters_[destination];
  limiter.destination = destination;
  limiter.queue = &queue;
  if (queue.policy->rate) begin_pace(limiter, queue.policy->rate);
  limiter.concurrency = queue.policy->concurrency;
  limiter.circuit = circuits_.state(destination);
  spare(limiter);
  return limiter;
}

/// As the last run has left it: not before the time that it has kept, nor later than its rate can mean.
void DestinationLimiters::begin_pace(DestinationLimiter& limiter, const std::optional<Rate>& rate) {
  limiter.pace.emplace(rate);
  if (!rate) return;
  const auto kept = kept_paces_.find(limiter.destination);
  if (kept == kept_paces_.end()) return;
  limiter.pace->not_before(std::min(kept->second, started_ + limiter.pace->interval() + limiter.pace->lag()));
  kept_paces_.erase(kept);
}

Result<> DestinationLimiters::load_paces(journal::Journal& journal, WallTime now, SteadyTime steady) {
  DISPATCH_ASSIGN(const auto rows, journal.paces());
  started_ = steady;
  for (const auto& row : rows) {
    if (row.not_before <= now)
      paces_over_.push_back(row.destination);
    else
      kept_paces_[row.destination] = steady + (row.not_before - now);
  }
  return {};
}

Result<> DestinationLimiters::save_paces(journal::Transaction& transaction, const std::vector<Item*>& leaving,
                                         WallTime now, SteadyTime steady) {
  std::map<DestinationNo, journal::PaceRow> rows;
  for (const Item* item : leaving) {
    const DestinationLimiter* limiter = item->lane->limiter;
    if (item->permit == PermitKind::none || !limiter->pace || !limiter->pace->rate() ||
        limiter->pace->interval() < interval_kept)
      continue;
    const auto wait = limiter->pace->next_slot(steady) + limiter->pace->lag() - steady;
    rows[limiter->destination] = {limiter->destination,
                                  now + std::chrono::ceil<std::chrono::microseconds>(wait)};
  }
  if (rows.empty() && paces_over_.empty()) return {};
  std::vector<journal::PaceRow> changed;
  for (const auto& [destination, row] : rows) changed.push_back(row);
  return transaction.save_paces(changed, std::exchange(paces_over_, {}));
}

void DestinationLimiters::set(DestinationLimiter& limiter, Circuit::State circuit) {
  limiter.circuit = circuit;
  limiter.waiting_most = circuit != Circuit::State::closed
                             ? std::max(limits_.waiting_least, 2 * circuits_.probes_most())
                         : limiter.pace ? waiting_for(*limiter.pace)
                                        : any_number;
}

/// What is known of a destination that has asked for time, or was down, goes into its pace.
void DestinationLimiters::spare(DestinationLimiter& limiter) {
  const policy::Throttle* throttle = throttles_.find(limiter.destination);
  limiter.throttled = throttle != nullptr;
  if (!limiter.pace && limiter.throttled) begin_pace(limiter, std::nullopt);
  if (limiter.pace)
    limiter.pace->slow_to(throttle != nullptr ? throttle->interval() : std::chrono::nanoseconds{});
  if (limiter.pace && !limiter.pace->rate() && !limiter.throttled) limiter.pace.reset();
  set(limiter, limiter.circuit);
}

SteadyTime DestinationLimiters::hold_until(const DestinationLimiter& limiter) const {
  const policy::Throttle* throttle = limiter.throttled ? throttles_.find(limiter.destination) : nullptr;
  return throttle != nullptr ? throttle->hold_until() : SteadyTime::min();
}

/// What is paced lets through in a quarter of a second is enough to wait: more is read when it is due.
std::size_t DestinationLimiters::waiting_for(const policy::Pace& pace) const {
  const std::chrono::duration<double> interval{pace.interval()};
  const auto in_a_quarter = interval.count() > 0 ? 0.25 / interval.count() : 1e9;
  return static_cast<std::size_t>(std::clamp(in_a_quarter, static_cast<double>(limits_.waiting_least),
                                             static_cast<double>(limits_.waiting_most)));
}

std::size_t DestinationLimiters::allowance(const DestinationLimiter& limiter, SteadyTime steady) const {
  std::size_t allowance = limiter.waiting.size();
  if (limiter.circuit == Circuit::State::open || hold_until(limiter) > steady) return 0;
  if (limiter.circuit == Circuit::State::half_open)
    allowance = std::min(allowance, circuits_.probes_allowed(limiter.destination));
  if (limiter.concurrency)
    allowance = std::min(allowance, *limiter.concurrency - std::min(*limiter.concurrency, limiter.passed));
  if (limiter.pace) allowance = std::min(allowance, limiter.pace->allowance(steady, steady));
  return allowance;
}

void DestinationLimiters::release_ready(WallTime now, SteadyTime steady) {
  for (auto& [destination, limiter] : limiters_) {
    if (limiter.waiting.empty()) continue;
    if (limiter.circuit == Circuit::State::open) set(limiter, circuits_.at(destination, now));
    if (limiter.throttled) spare(limiter);
    const std::size_t count = allowance(limiter, steady);
    note_held_back(limiter, count, steady);
    if (count == 0) continue;
    const bool probes = limiter.circuit == Circuit::State::half_open;
    for (std::size_t i = 0; i < count; ++i)
      scheduler_.release(limiter, probes ? PermitKind::probe : PermitKind::usual);
    limiter.passed += count;
    if (limiter.pace) limiter.pace->reserve(count);
    if (probes) circuits_.take_probes(destination, count);
  }
}

/// What stays was counted when it was held back first; it is first come, first released.
void DestinationLimiters::note_held_back(DestinationLimiter& limiter, std::size_t let_through,
                                         SteadyTime steady) {
  const std::size_t counted = std::min(limiter.held_back, limiter.waiting.size());
  const std::size_t stays = limiter.waiting.size() - let_through;
  limiter.held_back = counted - std::min(counted, let_through);
  if (limiter.circuit != Circuit::State::closed || stays <= limiter.held_back) return;
  const std::size_t fresh = stays - limiter.held_back;
  held_back_.in_all += fresh;
  if (limiter.pace && !limiter.throttled && limiter.pace->allowance(steady, steady) == let_through)
    held_back_.by_rate += fresh;
  limiter.held_back = stays;
}

bool DestinationLimiters::admits(const Item& item, SteadyTime steady) const {
  const DestinationLimiter* limiter = item.lane->limiter;
  if (limiter == nullptr) return true;
  if (hold_until(*limiter) > steady) return false;
  switch (limiter->circuit) {
    case Circuit::State::closed:
      return item.permit != PermitKind::none || !limiter->limits();
    case Circuit::State::half_open:
      return item.permit == PermitKind::probe;
    case Circuit::State::open:
      break;
  }
  return false;
}

void DestinationLimiters::take_permit(Item& item, WallTime now) {
  if (item.permit == PermitKind::none) return;
  DestinationLimiter& limiter = *item.lane->limiter;
  if (limiter.pace) limiter.pace->give_back();
  ended(item, {}, now, {});
}

void DestinationLimiters::leaves(Item& item, SteadyTime steady) {
  if (item.permit == PermitKind::none) return;
  auto& pace = item.lane->limiter->pace;
  if (!pace) return;
  pace->leave(steady);
  item.left = steady;
}

DestinationLimiter* DestinationLimiters::ended(Item& item, const End& end, WallTime now, SteadyTime steady) {
  const DestinationNo destination = item.row.destination;
  const PermitKind permit = std::exchange(item.permit, PermitKind::none);
  DestinationLimiter* limiter = item.lane->limiter;
  if (permit != PermitKind::none) --limiter->passed;
  const auto left = std::exchange(item.left, std::nullopt);
  if (left && limiter != nullptr && limiter->pace) limiter->pace->arrived(*left, steady);
  if (item.lane->queue->policy->removed) return nullptr;

  const auto before = circuits_.state(destination);
  const bool was_down = before == Circuit::State::half_open;
  const auto circuit = circuits_.ended(destination, end.signal, permit == PermitKind::probe, now);
  const bool trips = circuit == Circuit::State::open && before != circuit;
  if (end.hold || trips) troubled_[destination] = newest_action_;
  note_end(destination, end, left.value_or(SteadyTime::min()), steady);
  if (was_down && circuit == Circuit::State::closed) throttles_.start_slowly(destination, steady);
  const bool holds_back = circuit != Circuit::State::closed || throttles_.find(destination) != nullptr;
  if (limiter == nullptr) {
    if (!holds_back) return nullptr;
    const auto found = limiters_.find(destination);
    if (found == limiters_.end()) return &make(*item.lane->queue, destination);
    limiter = &found->second;
    limiter->circuit = circuit;
    spare(*limiter);
    return limiter;
  }
  const bool held_back = limiter->circuit != Circuit::State::closed || limiter->throttled;
  limiter->circuit = circuit;
  spare(*limiter);
  // Lanes that began while it held nothing back lead past it.
  return holds_back && !held_back ? limiter : nullptr;
}

void DestinationLimiters::note_end(DestinationNo destination, const End& end, SteadyTime left,
                                   SteadyTime steady) {
  if (end.hold)
    throttles_.throttled(destination, left, steady, steady + *end.hold);
  else if (end.signal == HealthSignal::up)
    throttles_.answered(destination, left, steady);
}

void DestinationLimiters::asked(DestinationNo destination, std::int64_t action, WallTime now,
                                SteadyTime steady) {
  const auto troubled = troubled_.find(destination);
  if (troubled != troubled_.end() && troubled->second >= action) return;
  throttles_.release(destination, steady);
  const auto circuit = circuits_.asked(destination, now);
  if (const auto found = limiters_.find(destination); found != limiters_.end()) set(found->second, circuit);
}

void DestinationLimiters::clock_set(std::chrono::microseconds by) {
  circuits_.clock_set(by);
  throttles_.clock_set();
  for (auto& [destination, limiter] : limiters_)
    if (limiter.retries_behind) limiter.retries_behind->at += by;
}

void DestinationLimiters::change_policy(const QueueState& queue) {
  for (auto& [destination, limiter] : limiters_) {
    if (limiter.queue != &queue) continue;
    const auto& rate = queue.policy->rate;
    if (limiter.pace)
      limiter.pace->change(rate);
    else if (rate)
      begin_pace(limiter, rate);
    limiter.concurrency = queue.policy->concurrency;
    if (queue.policy->removed) {
      circuits_.forget(destination);
      throttles_.forget(destination);
    }
    limiter.circuit = circuits_.state(destination);
    spare(limiter);
  }
}

std::vector<Item*> DestinationLimiters::pause(const QueueState& queue, Position& above) {
  std::vector<Item*> waiting;
  for (auto& [destination, limiter] : limiters_) {
    if (limiter.queue != &queue) continue;
    for (Item* item : std::exchange(limiter.waiting, {})) waiting.push_back(item);
    if (limiter.behind) above = std::min(above, *limiter.behind);
    limiter.behind.reset();
    limiter.retries_behind.reset();
  }
  return waiting;
}

std::vector<Item*> DestinationLimiters::take_waiting() {
  std::vector<Item*> waiting;
  for (auto& [destination, limiter] : limiters_) {
    waiting.insert(waiting.end(), limiter.waiting.begin(), limiter.waiting.end());
    limiter.waiting.clear();
  }
  return waiting;
}

void DestinationLimiters::resume(QueueState& queue, WallTime now) {
  queue.asked = now;
  for (auto& [destination, limiter] : limiters_) {
    if (limiter.queue != &queue || destination != queue.row.destination) continue;
    set(limiter, circuits_.asked(destination, now));
  }
}

std::optional<WallTime> DestinationLimiters::next(WallTime now, SteadyTime steady) const {
  std::optional<WallTime> next;
  for (const auto& [destination, limiter] : limiters_) {
    if (limiter.waiting.empty()) continue;
    auto when = circuits_.next_probe(destination);
    std::optional<SteadyTime> at;
    if (const SteadyTime until = hold_until(limiter); until > steady)
      at = until;
    else if (limiter.pace && limiter.pace->allowance(steady, steady) == 0)
      at = limiter.pace->next(steady, {});
    if (!when && at) when = now + std::chrono::ceil<std::chrono::microseconds>(*at - steady);
    if (when && (!next || *when < *next)) next = when;
  }
  return next;
}

DestinationLimiters::Waiting DestinationLimiters::waiting() const {
  Waiting waiting;
  for (const auto& [destination, limiter] : limiters_) {
    if (limiter.waiting.empty()) continue;
    if (limiter.circuit == Circuit::State::closed && limiter.throttled) {
      waiting.for_throttle += limiter.waiting.size();
      const SteadyTime until = hold_until(limiter);
      if (!waiting.hold_ends || until < *waiting.hold_ends) waiting.hold_ends = until;
      continue;
    }
    if (limiter.circuit == Circuit::State::closed) {
      waiting.for_rate += limiter.waiting.size();
      continue;
    }
    waiting.for_circuit += limiter.waiting.size();
    const auto probe = circuits_.next_probe(destination);
    if (probe && (!waiting.probe || *probe < *waiting.probe)) waiting.probe = probe;
  }
  return waiting;
}

bool DestinationLimiters::unused(const DestinationLimiter& limiter, SteadyTime steady) const {
  return limiter.lanes == 0 && !limiter.behind && !limiter.retries_behind &&
         (!limiter.pace || limiter.pace->empty(steady));
}

void DestinationLimiters::tidy(SteadyTime steady) {
  throttles_.tidy(steady);
  if (troubled_.size() > troubled_most_) {
    std::erase_if(troubled_, [&](const auto& entry) {
      return circuits_.state(entry.first) == Circuit::State::closed &&
             throttles_.find(entry.first) == nullptr;
    });
    troubled_most_ = std::max(limiters_most_idle, 2 * troubled_.size());
  }
  if (limiters_.size() > tidy_at_) {
    for (auto place = limiters_.begin(); place != limiters_.end();) {
      if (!unused(place->second, steady)) {
        ++place;
        continue;
      }
      place = limiters_.erase(place);
    }
    tidy_at_ = std::max(limiters_most_idle, 2 * limiters_.size());
  }
  circuits_.forget_surplus([this](DestinationNo destination) { return limiters_.contains(destination); });
}

}  // namespace dispatch::flow
