#include "flow/limits/valves.hpp"

#include "flow/limits/lane.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace dispatch::flow {

using policy::Circuit;
using policy::Sign;

namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();
constexpr std::size_t valves_most_idle = 256;
/// A rate of fewer requests is kept over a restart, which takes longer than one of more.
constexpr std::chrono::milliseconds interval_kept{100};

}  // namespace

bool Valves::nothing_to_find(const OutletState& outlet) const {
  return !outlet.terms->rate && !outlet.terms->concurrency && valves_.empty() && throttles_.empty() &&
         circuits_.tripped() == 0;
}

Valve* Valves::find_or_make(OutletState& outlet, DestinationNo destination) {
  const auto found = valves_.find(destination);
  if (found != valves_.end()) {
    if (found->second.throttled) spare(found->second);
    return found->second.limits() ? &found->second : nullptr;
  }
  const bool in_trouble =
      circuits_.state(destination) != Circuit::State::closed || throttles_.find(destination) != nullptr;
  if (!outlet.terms->rate && !outlet.terms->concurrency && !in_trouble) return nullptr;
  if (const auto when = std::exchange(outlet.asked, std::nullopt)) circuits_.asked(destination, *when);
  return &make(outlet, destination);
}

Valve& Valves::make(OutletState& outlet, DestinationNo destination) {
  Valve& valve = valves_[destination];
  valve.destination = destination;
  valve.outlet = &outlet;
  if (free_nodes_.empty()) free_nodes_.push_back(&graph_.add_valve());
  valve.nodes = free_nodes_.back();
  free_nodes_.pop_back();
  if (outlet.terms->rate) begin_pace(valve, outlet.terms->rate);
  valve.concurrency = outlet.terms->concurrency;
  valve.circuit = circuits_.state(destination);
  spare(valve);
  return valve;
}

/// As the last run has left it: not before the time that it has kept, nor later than its rate can mean.
void Valves::begin_pace(Valve& valve, const std::optional<Rate>& rate) {
  valve.pace.emplace(rate);
  if (!rate) return;
  const auto kept = kept_paces_.find(valve.destination);
  if (kept == kept_paces_.end()) return;
  valve.pace->not_before(std::min(kept->second, started_ + valve.pace->interval() + valve.pace->lag()));
  kept_paces_.erase(kept);
}

Result<> Valves::load_paces(journal::Journal& journal, WallTime now, SteadyTime steady) {
  const auto rows = journal.paces();
  if (!rows) return tl::unexpected(rows.error());
  started_ = steady;
  for (const auto& row : *rows) {
    if (row.not_before <= now)
      paces_over_.push_back(row.destination);
    else
      kept_paces_[row.destination] = steady + (row.not_before - now);
  }
  return {};
}

Result<> Valves::remember_paces(journal::Journal& journal, const std::vector<Item*>& leaving, WallTime now,
                                SteadyTime steady) {
  std::map<DestinationNo, journal::PaceRow> rows;
  for (const Item* item : leaving) {
    const Valve* valve = item->lane->valve;
    if (item->pass == Pass::none || !valve->pace || !valve->pace->rate() ||
        valve->pace->interval() < interval_kept)
      continue;
    const auto wait = valve->pace->next_slot(steady) + valve->pace->lag() - steady;
    rows[valve->destination] = {valve->destination, now + std::chrono::ceil<std::chrono::microseconds>(wait)};
  }
  if (rows.empty() && paces_over_.empty()) return {};
  std::vector<journal::PaceRow> changed;
  for (const auto& [destination, row] : rows) changed.push_back(row);
  return journal.remember_paces(changed, std::exchange(paces_over_, {}));
}

void Valves::set(Valve& valve, Circuit::State circuit) {
  valve.circuit = circuit;
  valve.waiting_most = circuit != Circuit::State::closed
                           ? std::max(limits_.waiting_least, 2 * circuits_.probes_most())
                       : valve.pace ? waiting_for(*valve.pace)
                                    : any_number;
}

/// What is known of a destination that has asked for time, or was down, goes into its pace.
void Valves::spare(Valve& valve) {
  const policy::Throttle* throttle = throttles_.find(valve.destination);
  valve.throttled = throttle != nullptr;
  if (!valve.pace && valve.throttled) begin_pace(valve, std::nullopt);
  if (valve.pace)
    valve.pace->slow_to(throttle != nullptr ? throttle->interval() : std::chrono::nanoseconds{});
  if (valve.pace && !valve.pace->rate() && !valve.throttled) valve.pace.reset();
  set(valve, valve.circuit);
}

SteadyTime Valves::hold_until(const Valve& valve) const {
  const policy::Throttle* throttle = valve.throttled ? throttles_.find(valve.destination) : nullptr;
  return throttle != nullptr ? throttle->hold_until() : SteadyTime::min();
}

/// What is paced lets through in a quarter of a second is enough to wait: more is read when it is due.
std::size_t Valves::waiting_for(const policy::Pace& pace) const {
  const std::chrono::duration<double> interval{pace.interval()};
  const auto in_a_quarter = interval.count() > 0 ? 0.25 / interval.count() : 1e9;
  return static_cast<std::size_t>(std::clamp(in_a_quarter, static_cast<double>(limits_.waiting_least),
                                             static_cast<double>(limits_.waiting_most)));
}

std::size_t Valves::allowance(const Valve& valve, SteadyTime steady) const {
  std::size_t allowance = valve.waiting;
  if (valve.circuit == Circuit::State::open || hold_until(valve) > steady) return 0;
  if (valve.circuit == Circuit::State::half_open)
    allowance = std::min(allowance, circuits_.probes_allowed(valve.destination));
  if (valve.concurrency)
    allowance = std::min(allowance, *valve.concurrency - std::min(*valve.concurrency, valve.passed));
  if (valve.pace) allowance = std::min(allowance, valve.pace->allowance(steady, steady));
  return allowance;
}

void Valves::draw(WallTime now, SteadyTime steady) {
  for (auto& [destination, valve] : valves_) {
    if (valve.waiting == 0) continue;
    if (valve.circuit == Circuit::State::open) set(valve, circuits_.at(destination, now));
    if (valve.throttled) spare(valve);
    const std::size_t count = allowance(valve, steady);
    note_held_back(valve, count, steady);
    if (count == 0) continue;
    const bool probes = valve.circuit == Circuit::State::half_open;
    for (std::size_t i = 0; i < count; ++i) graph_.draw(valve, probes ? Pass::probe : Pass::usual);
    valve.passed += count;
    if (valve.pace) valve.pace->reserve(count);
    if (probes) circuits_.take_probes(destination, count);
  }
}

/// What stays was counted when it was held back first; it is first come, first drawn.
void Valves::note_held_back(Valve& valve, std::size_t let_through, SteadyTime steady) {
  const std::size_t counted = std::min(valve.held_back, valve.waiting);
  const std::size_t stays = valve.waiting - let_through;
  valve.held_back = counted - std::min(counted, let_through);
  if (valve.circuit != Circuit::State::closed || stays <= valve.held_back) return;
  const std::size_t fresh = stays - valve.held_back;
  held_back_.in_all += fresh;
  if (valve.pace && !valve.throttled && valve.pace->allowance(steady, steady) == let_through)
    held_back_.by_rate += fresh;
  valve.held_back = stays;
}

bool Valves::admits(const Item& item, SteadyTime steady) const {
  const Valve* valve = item.lane->valve;
  if (valve == nullptr) return true;
  if (hold_until(*valve) > steady) return false;
  switch (valve->circuit) {
    case Circuit::State::closed:
      return item.pass != Pass::none || !valve->limits();
    case Circuit::State::half_open:
      return item.pass == Pass::probe;
    case Circuit::State::open:
      break;
  }
  return false;
}

void Valves::take_pass(Item& item, WallTime now) {
  if (item.pass == Pass::none) return;
  Valve& valve = *item.lane->valve;
  if (valve.pace) valve.pace->give_back();
  ended(item, {}, now, {});
}

void Valves::leaves(Item& item, SteadyTime steady) {
  if (item.pass == Pass::none) return;
  auto& pace = item.lane->valve->pace;
  if (!pace) return;
  pace->leave(steady);
  item.left = steady;
}

Valve* Valves::ended(Item& item, const End& end, WallTime now, SteadyTime steady) {
  const DestinationNo destination = item.row.destination;
  const Pass pass = std::exchange(item.pass, Pass::none);
  Valve* valve = item.lane->valve;
  if (pass != Pass::none) --valve->passed;
  const auto left = std::exchange(item.left, std::nullopt);
  if (left && valve != nullptr && valve->pace) valve->pace->arrived(*left, steady);
  if (item.lane->outlet->terms->removed) return nullptr;

  const auto before = circuits_.state(destination);
  const bool was_down = before == Circuit::State::half_open;
  const auto circuit = circuits_.ended(destination, end.sign, pass == Pass::probe, now);
  const bool trips = circuit == Circuit::State::open && before != circuit;
  if (end.hold || trips) troubled_[destination] = newest_action_;
  note_end(destination, end, left.value_or(SteadyTime::min()), steady);
  if (was_down && circuit == Circuit::State::closed) throttles_.start_slowly(destination, steady);
  const bool holds_back = circuit != Circuit::State::closed || throttles_.find(destination) != nullptr;
  if (valve == nullptr) {
    if (!holds_back) return nullptr;
    const auto found = valves_.find(destination);
    if (found == valves_.end()) return &make(*item.lane->outlet, destination);
    valve = &found->second;
    valve->circuit = circuit;
    spare(*valve);
    return valve;
  }
  const bool held_back = valve->circuit != Circuit::State::closed || valve->throttled;
  valve->circuit = circuit;
  spare(*valve);
  // Lanes that began while it held nothing back lead past it.
  return holds_back && !held_back ? valve : nullptr;
}

void Valves::note_end(DestinationNo destination, const End& end, SteadyTime left, SteadyTime steady) {
  if (end.hold)
    throttles_.throttled(destination, left, steady, steady + *end.hold);
  else if (end.sign == Sign::up)
    throttles_.answered(destination, left, steady);
}

void Valves::asked(DestinationNo destination, std::int64_t action, WallTime now, SteadyTime steady) {
  const auto troubled = troubled_.find(destination);
  if (troubled != troubled_.end() && troubled->second >= action) return;
  throttles_.release(destination, steady);
  const auto circuit = circuits_.asked(destination, now);
  if (const auto found = valves_.find(destination); found != valves_.end()) set(found->second, circuit);
}

void Valves::clock_set(std::chrono::microseconds by) {
  circuits_.clock_set(by);
  throttles_.clock_set();
  for (auto& [destination, valve] : valves_)
    if (valve.retries_behind) valve.retries_behind->at += by;
}

void Valves::change_terms(const OutletState& outlet) {
  for (auto& [destination, valve] : valves_) {
    if (valve.outlet != &outlet) continue;
    const auto& rate = outlet.terms->rate;
    if (valve.pace)
      valve.pace->change(rate);
    else if (rate)
      begin_pace(valve, rate);
    valve.concurrency = outlet.terms->concurrency;
    if (outlet.terms->removed) {
      circuits_.forget(destination);
      throttles_.forget(destination);
    }
    valve.circuit = circuits_.state(destination);
    spare(valve);
  }
}

std::vector<Item*> Valves::shut(const OutletState& outlet, Position& above) {
  std::vector<Item*> waiting;
  for (auto& [destination, valve] : valves_) {
    if (valve.outlet != &outlet) continue;
    for (Item* item : graph_.take_back(valve)) waiting.push_back(item);
    if (valve.behind) above = std::min(above, *valve.behind);
    valve.behind.reset();
    valve.retries_behind.reset();
  }
  return waiting;
}

std::vector<Item*> Valves::take_waiting() {
  std::vector<Item*> waiting;
  for (auto& [destination, valve] : valves_) {
    if (valve.waiting == 0) continue;
    const auto items = graph_.take_back(valve);
    waiting.insert(waiting.end(), items.begin(), items.end());
  }
  return waiting;
}

void Valves::open(OutletState& outlet, WallTime now) {
  outlet.asked = now;
  for (auto& [destination, valve] : valves_) {
    if (valve.outlet != &outlet || destination != outlet.outlet.destination) continue;
    set(valve, circuits_.asked(destination, now));
  }
}

std::optional<WallTime> Valves::next(WallTime now, SteadyTime steady) const {
  std::optional<WallTime> next;
  for (const auto& [destination, valve] : valves_) {
    if (valve.waiting == 0) continue;
    auto when = circuits_.next_probe(destination);
    std::optional<SteadyTime> at;
    if (const SteadyTime until = hold_until(valve); until > steady)
      at = until;
    else if (valve.pace && valve.pace->allowance(steady, steady) == 0)
      at = valve.pace->next(steady, {});
    if (!when && at) when = now + std::chrono::ceil<std::chrono::microseconds>(*at - steady);
    if (when && (!next || *when < *next)) next = when;
  }
  return next;
}

Valves::Waiting Valves::waiting() const {
  Waiting waiting;
  for (const auto& [destination, valve] : valves_) {
    if (valve.waiting == 0) continue;
    if (valve.circuit == Circuit::State::closed && valve.throttled) {
      waiting.for_throttle += valve.waiting;
      const SteadyTime until = hold_until(valve);
      if (!waiting.hold_ends || until < *waiting.hold_ends) waiting.hold_ends = until;
      continue;
    }
    if (valve.circuit == Circuit::State::closed) {
      waiting.for_rate += valve.waiting;
      continue;
    }
    waiting.for_circuit += valve.waiting;
    const auto probe = circuits_.next_probe(destination);
    if (probe && (!waiting.probe || *probe < *waiting.probe)) waiting.probe = probe;
  }
  return waiting;
}

bool Valves::unused(const Valve& valve, SteadyTime steady) const {
  return valve.lanes == 0 && !valve.behind && !valve.retries_behind &&
         (!valve.pace || valve.pace->empty(steady));
}

void Valves::tidy(SteadyTime steady) {
  throttles_.tidy(steady);
  if (troubled_.size() > troubled_most_) {
    std::erase_if(troubled_, [&](const auto& entry) {
      return circuits_.state(entry.first) == Circuit::State::closed &&
             throttles_.find(entry.first) == nullptr;
    });
    troubled_most_ = std::max(valves_most_idle, 2 * troubled_.size());
  }
  if (valves_.size() > tidy_at_) {
    for (auto place = valves_.begin(); place != valves_.end();) {
      if (!unused(place->second, steady)) {
        ++place;
        continue;
      }
      free_nodes_.push_back(place->second.nodes);
      place = valves_.erase(place);
    }
    tidy_at_ = std::max(valves_most_idle, 2 * valves_.size());
  }
  circuits_.forget_surplus([this](DestinationNo destination) { return valves_.contains(destination); });
}

}  // namespace dispatch::flow
