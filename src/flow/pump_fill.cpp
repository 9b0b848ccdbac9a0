// What Pump::fill() loads: what follows in lanes that go on, what operators and closed gaps have woken, what
// is due, what was passed over at a valve, and what lies further on in each outlet.

#include "flow/neighbours.hpp"
#include "flow/pump.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

using journal::DeliveryRow;

namespace {

/// Where more retries than these wait for one valve, they may hide such of the same host's other
/// destinations.
constexpr std::size_t retries_behind_most = 4096;

}  // namespace

Result<> Pump::fill(WallTime now) {
  std::size_t budget = window_.limits().rows_per_turn;
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(catch_up(now, budget));
  DISPATCH_TRY(load_due(now));
  DISPATCH_TRY(follow_wakes());
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(load_arrived());
  for (OutletState* outlet : outlets_.take_listed()) {
    DISPATCH_TRY(scan(*outlet, budget));
    outlets_.list(*outlet);
  }
  return {};
}

/// What has just been made need not be read again, where all before it has been looked at.
Result<> Pump::load_arrived() {
  for (const DeliveryRow& row : arrived_) {
    OutletState& outlet = outlets_.at(row.key.outlet);
    if (outlet.more) continue;
    if (window_.has_room(outlet)) {
      outlet.cursor = row.key.position;
      DISPATCH_TRY(place(outlet, row));
    } else {
      outlets_.read_again(outlet);
    }
  }
  arrived_.clear();
  return {};
}

Result<> Pump::load_drained() {
  const auto lanes = std::exchange(window_.drained(), {});
  for (Lane* lane : lanes) {
    if (window_.has_room(*lane->outlet))
      DISPATCH_TRY(load_successors(*lane));
    else
      window_.drained().push_back(lane);
  }
  return {};
}

Result<> Pump::load_successors(Lane& lane) {
  const std::size_t limit = window_.limits().items_per_lane;
  const auto rows = journal_.successors(lane.tail, limit);
  if (!rows) return tl::unexpected(rows.error());
  lane.more = rows->size() == limit;
  if (rows->empty()) note(*lane.outlet, window_.rest(lane));
  for (const DeliveryRow& row : *rows) load(lane, row);
  return {};
}

Result<> Pump::load_due(WallTime now) {
  std::vector<OutletState*> ready;
  for (const auto& [due, no] : outlets_.due()) {
    if (due > now) break;
    if (OutletState& outlet = outlets_.at(no); window_.has_room(outlet)) ready.push_back(&outlet);
  }
  for (OutletState* outlet : ready) DISPATCH_TRY(load_due(*outlet, now));
  return {};
}

Result<> Pump::load_due(OutletState& outlet, WallTime now) {
  // Those that are loaded and not begun yet are still in retry_wait, and come again: at most one a lane. So
  // do those for which there was no room at their valve; they must not hide the others.
  const std::size_t limit =
      window_.limits().lanes_per_outlet + std::min(outlet.retries_behind, retries_behind_most);
  const auto rows = journal_.due(outlet.outlet.no, now, limit);
  if (!rows) return tl::unexpected(rows.error());
  const std::size_t behind_before = std::exchange(outlet.retries_behind, 0);
  bool loaded = false;
  for (const DeliveryRow& row : *rows) {
    if (window_.find(LaneKey::of(row)) != nullptr) continue;
    if (pass_over(outlet, row)) {
      ++outlet.retries_behind;
      continue;
    }
    if (!window_.has_room(outlet)) {
      outlets_.set_due(outlet, row.state_at);
      return {};
    }
    Lane& lane = load(outlet, row);
    lane.more = row.entity != EntityNo{};
    loaded = true;
  }
  if (rows->size() == limit && (loaded || outlet.retries_behind > behind_before)) {
    outlets_.set_due(outlet, now);
    return {};
  }
  const auto next = journal_.next_due(outlet.outlet.no, now);
  if (!next) return tl::unexpected(next.error());
  outlets_.set_due(outlet, *next);
  return {};
}

Result<> Pump::follow_wakes() {
  if (!wakes_wait_) return {};
  const std::size_t wakes_per_turn = window_.limits().wakes_per_turn;
  const auto wakes = journal_.wakes(last_wake_, wakes_per_turn);
  if (!wakes) return tl::unexpected(wakes.error());
  for (const journal::Wake& said : *wakes) {
    if (said.from_here) {
      DISPATCH_TRY(wake_from(said.key));
    } else {
      DISPATCH_TRY(wake(said.key));
    }
    last_wake_ = said.action;
  }
  wakes_wait_ = wakes->size() == wakes_per_turn;
  return {};
}

Result<> Pump::wake(const journal::DeliveryKey& key) {
  if (!outlets_.knows(key.outlet)) DISPATCH_TRY(outlets_.load());
  OutletState& outlet = outlets_.at(key.outlet);
  const auto head = journal_.head(key);
  if (!head) return tl::unexpected(head.error());
  if (!*head) return {};
  const DeliveryRow& row = **head;
  // Only a release makes a delivery wait as new that was tried before.
  if (row.state == DeliveryState::pending && row.attempts > 0) released_.push_back(row.destination);
  if (Lane* lane = window_.find(LaneKey::of(row)); lane != nullptr) {
    window_.look_again(*lane);
    return {};
  }
  if (row.state == DeliveryState::retry_wait) {
    outlets_.due_by(outlet, row.state_at);
    return {};
  }
  if (row.state != DeliveryState::pending) return {};
  if (row.entity != EntityNo{}) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->gap) return {};
  }
  if (pass_over(outlet, row)) return {};
  if (window_.has_room(outlet)) {
    Lane& lane = load(outlet, row);
    lane.more = row.entity != EntityNo{};
  } else {  // the scan finds it when there is room
    outlets_.read_again(outlet, before(row.key.position));
  }
  return {};
}

/// Anything of the outlet from there on may be new, also before what its lanes have come to.
Result<> Pump::wake_from(const journal::DeliveryKey& key) {
  if (!outlets_.knows(key.outlet)) DISPATCH_TRY(outlets_.load());
  OutletState& outlet = outlets_.at(key.outlet);
  const Position above = before(key.position);
  window_.forget_tails(outlet, above);
  outlets_.read_again(outlet, above);
  return {};
}

/// What was passed over because too many waited at its valve.
Result<> Pump::catch_up(WallTime now, std::size_t& budget) {
  if (valves_.empty()) return {};
  std::vector<Valve*> ready;
  valves_.each([&](Valve& valve) {
    if (valve.catches_up() && window_.has_room(*valve.outlet)) ready.push_back(&valve);
  });
  for (Valve* valve : ready) {
    if (std::exchange(valve->retries_behind, false)) outlets_.due_by(*valve->outlet, now);
    caught_up_ = valve;
    auto caught_up = catch_up(*valve, budget);
    caught_up_ = nullptr;
    if (!caught_up) return caught_up;
  }
  return {};
}

Result<> Pump::catch_up(Valve& valve, std::size_t& budget) {
  OutletState& outlet = *valve.outlet;
  while (valve.behind && budget > 0) {
    const Position from = *valve.behind;
    const std::size_t limit = std::min<std::size_t>(budget, 256);
    const auto rows = journal_.scan(outlet.outlet.no, from, limit);
    if (!rows) return tl::unexpected(rows.error());
    budget -= std::min(budget, std::max<std::size_t>(rows->size(), 1));
    valve.behind.reset();
    for (const DeliveryRow& row : *rows) {
      if (row.key.position > outlet.cursor) return {};  // from there on the outlet is still to be read
      if (row.destination != valve.destination || row.state != DeliveryState::pending) continue;
      if (!window_.has_room(outlet)) {
        leave_behind(valve, row);
        return {};
      }
      DISPATCH_TRY(place(outlet, row));
      if (valve.behind) return {};
    }
    if (rows->size() >= limit) valve.behind = rows->back().key.position;
  }
  return {};
}

Result<> Pump::scan(OutletState& outlet, std::size_t& budget) {
  while (outlet.more && budget > 0 && window_.has_room(outlet)) {
    const std::size_t room = window_.limits().lanes_per_outlet - outlet.lanes;
    const std::size_t limit = std::min(budget, std::clamp<std::size_t>(2 * room, 16, 256));
    const auto rows = journal_.scan(outlet.outlet.no, outlet.cursor, limit);
    if (!rows) return tl::unexpected(rows.error());
    for (const DeliveryRow& row : *rows) {
      if (!window_.has_room(outlet)) {
        outlet.cursor = before(row.key.position);
        return {};
      }
      outlet.cursor = row.key.position;
      if (row.state == DeliveryState::pending) DISPATCH_TRY(place(outlet, row));
    }
    budget -= std::min(budget, rows->size());
    if (rows->size() < limit) outlet.more = false;
  }
  return {};
}

Result<> Pump::place(OutletState& outlet, const DeliveryRow& row) {
  if (Lane* lane = window_.find(LaneKey::of(row)); lane != nullptr) return place_behind(*lane, row);
  if (row.entity == EntityNo{}) {
    if (!pass_over(outlet, row)) load(outlet, row);
    return {};
  }
  const auto predecessor = journal_.predecessor(row);
  if (!predecessor) return tl::unexpected(predecessor.error());
  if (predecessor->gap || (predecessor->exists && !is_final(predecessor->state))) return {};
  if (pass_over(outlet, row)) return {};
  Lane& lane = load(outlet, row);
  lane.more = predecessor->disordered;
  return {};
}

Result<> Pump::place_behind(Lane& lane, const DeliveryRow& row) {
  if (row.entity == EntityNo{} || row.sequence <= lane.tail.sequence || lane.more) return {};
  if (row.sequence != after(lane.tail.sequence)) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->gap) return {};
    if (predecessor->exists && predecessor->sequence > lane.tail.sequence) {
      window_.look_again(lane);
      return {};
    }
  }
  if (window_.lane_has_room(lane))
    load(lane, row);
  else
    window_.look_again(lane);
  return {};
}

/// The first of its lane in the window.
Lane& Pump::load(OutletState& outlet, const DeliveryRow& row) {
  Lane& lane = window_.open(outlet, row);
  load(lane, row);
  return lane;
}

void Pump::load(Lane& lane, const DeliveryRow& row) {
  window_.push(lane, row, waited_for(row));
  if (row.state == DeliveryState::pending) outlets_.keep_in_reach(*lane.outlet, before(row.key.position));
}

/// Why it is only loaded now.
Hold Pump::waited_for(const DeliveryRow& row) const {
  if (caught_up_ != nullptr) return caught_up_->behind_for;
  const bool behind_others = row.entity != EntityNo{} && row.state == DeliveryState::pending;
  return behind_others ? Hold::order : Hold::permit;
}

/// True where too many wait at the valve that `row` would lead to: it is read again when there is room.
bool Pump::pass_over(OutletState& outlet, const DeliveryRow& row) {
  if (outlet.terms->shut) return false;
  Valve* valve = valves_.find(outlet, row.destination);
  if (valve == nullptr || !valve->full()) return false;
  leave_behind(*valve, row);
  return true;
}

void Pump::leave_behind(Valve& valve, const DeliveryRow& row) {
  valve.behind_for = valve.holds_for();
  if (row.state == DeliveryState::retry_wait) {
    valve.retries_behind = true;
    return;
  }
  const Position mark = before(row.key.position);
  valve.behind = valve.behind ? std::min(*valve.behind, mark) : mark;
  outlets_.keep_in_reach(*valve.outlet, mark);
}

}  // namespace dispatch::flow
