// What Pump::fill() loads: what follows in lanes that go on, what operators and closed gaps have woken, what
// is due, what was passed over at a valve, and what lies further on in each outlet.

#include "flow/neighbours.hpp"
#include "flow/pump.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

Result<> Pump::fill(WallTime now) {
  std::size_t budget = window_.limits().rows_per_turn;
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(catch_up(std::max<std::size_t>(1, budget / 2)));
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
      DISPATCH_TRY(place(outlet, row, Found::arrived));
    } else {
      outlets_.read_again(outlet);
    }
  }
  arrived_.clear();
  return {};
}

Result<> Pump::load_drained() {
  const auto lanes = std::exchange(window_.drained(), {});
  for (Lane* lane : lanes) DISPATCH_TRY(load_next(*lane));
  return {};
}

Result<> Pump::load_next(Lane& lane) {
  OutletState& outlet = *lane.outlet;
  if (leaves(lane)) {
    DISPATCH_TRY(read_when_open(outlet, lane.tail));
    window_.close(lane);
    outlets_.list(outlet);
    return {};
  }
  const std::size_t limit = window_.limits().items_per_lane;
  const auto rows = journal_.open_in_lane(lane.tail, limit);
  if (!rows) return tl::unexpected(rows.error());
  if (rows->empty()) {
    if (lane.in_doubt)  // it may wait for a gap, and a wake brings it back
      window_.close(lane);
    else
      window_.rest(lane);
  } else if (rows->front().state == DeliveryState::pending) {
    // Of a sparse lane it is only known to be done when the journal says so.
    lane.more = rows->size() == limit || is_sparse_lane(rows->front());
    lane.below.reset();
    lane.in_doubt = false;
    for (const DeliveryRow& row : *rows) load(lane, row);
    return {};
  } else {
    if (rows->front().state == DeliveryState::retry_wait)
      outlets_.due_by(outlet, DuePlace::before(rows->front()));
    window_.close(lane);
  }
  outlets_.list(outlet);
  return {};
}

Result<> Pump::load_due(WallTime now) {
  std::vector<OutletState*> ready;
  for (const auto& [due, no] : outlets_.due()) {
    if (due > now) break;
    if (OutletState& outlet = outlets_.at(no); window_.has_room(outlet)) ready.push_back(&outlet);
  }
  std::size_t budget = window_.limits().rows_per_turn;
  for (OutletState* outlet : ready) DISPATCH_TRY(load_due(*outlet, now, budget));
  return {};
}

Result<> Pump::load_due(OutletState& outlet, WallTime now, std::size_t& budget) {
  while (budget > 0) {
    const std::size_t limit = std::min<std::size_t>(budget, 256);
    const auto rows = journal_.due(outlet.outlet.no, outlet.due_seen, DuePlace::after(now), limit);
    if (!rows) return tl::unexpected(rows.error());
    budget -= std::min(budget, std::max<std::size_t>(rows->size(), 1));
    for (const DeliveryRow& row : *rows) {
      const auto placed = place_retry(outlet, row);
      if (!placed) return tl::unexpected(placed.error());
      if (!*placed) {
        outlets_.look_from(outlet, DuePlace::before(row));
        return {};
      }
    }
    if (rows->size() < limit) {
      const auto next = journal_.next_due(outlet.outlet.no, DuePlace::after(now));
      if (!next) return tl::unexpected(next.error());
      outlets_.looked_until(outlet, DuePlace::after(now), *next);
      return {};
    }
    outlets_.looked_until(outlet, DuePlace::of(rows->back()), now);
  }
  return {};
}

/// A retry that is due. False where there is no room for it.
Result<bool> Pump::place_retry(OutletState& outlet, const DeliveryRow& row) {
  if (Lane* lane = find_in_use(row); lane != nullptr) {
    lane->more = true;
    return true;
  }
  if (is_sparse_lane(row) && row.entity != EntityNo{}) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->open) return true;  // which brings it when it is done
  }
  if (is_passed_over(outlet, row)) return true;
  if (!window_.has_room(outlet)) return false;
  load(outlet, row).more = row.entity != EntityNo{};
  return true;
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
      DISPATCH_TRY(wake(said));
    }
    last_wake_ = said.action;
  }
  wakes_wait_ = wakes->size() == wakes_per_turn;
  return {};
}

Result<> Pump::wake(const journal::Wake& said) {
  const auto& key = said.key;
  const auto reached = outlets_.reach(key.outlet);
  if (!reached) return tl::unexpected(reached.error());
  OutletState& outlet = **reached;
  DISPATCH_TRY(outlets_.reread_due(outlet));
  if (said.ask != DestinationNo{} && said.action > known_asks_) asked_for_.push_back({said.ask, said.action});
  const auto head = journal_.head(key);
  if (!head) return tl::unexpected(head.error());
  if (!*head) return {};
  const DeliveryRow& row = **head;
  if (outlet.terms->shut) return read_when_open(outlet, row);
  if (Lane* lane = find_in_use(row); lane != nullptr) {
    pass_over(*lane, row);
    return {};
  }
  if (row.state == DeliveryState::retry_wait) {
    outlets_.due_by(outlet, DuePlace::before(row));
    return {};
  }
  if (row.state != DeliveryState::pending) return {};
  if (row.entity != EntityNo{}) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->gap) return {};
  }
  if (is_passed_over(outlet, row)) return {};
  if (window_.has_room(outlet)) {
    load(outlet, row).more = row.entity != EntityNo{};
  } else {  // the scan finds it when there is room
    outlets_.read_again(outlet, before(row.key.position));
  }
  return {};
}

/// Anything of the outlet from there on may be new, also before what its lanes have come to.
Result<> Pump::wake_from(const journal::DeliveryKey& key) {
  const auto reached = outlets_.reach(key.outlet);
  if (!reached) return tl::unexpected(reached.error());
  outlets_.read_again(**reached, before(key.position));
  return {};
}

/// There is room for what was passed over.
bool Pump::may_catch_up(const Valve& valve) const {
  return valve.catches_up() && window_.has_room(*valve.outlet) &&
         window_.crowds_no_more(*valve.outlet, valve.destination);
}

Result<> Pump::catch_up(std::size_t budget) {
  if (valves_.empty()) return {};
  std::vector<Valve*> ready;
  valves_.each([&](Valve& valve) {
    if (may_catch_up(valve)) ready.push_back(&valve);
  });
  for (Valve* valve : ready) {
    caught_up_ = valve;
    auto caught_up = catch_up_retries(*valve, budget);
    if (caught_up) caught_up = catch_up(*valve, budget);
    caught_up_ = nullptr;
    if (!caught_up) return caught_up;
  }
  return {};
}

Result<> Pump::catch_up_retries(Valve& valve, std::size_t& budget) {
  OutletState& outlet = *valve.outlet;
  while (valve.retries_behind && budget > 0) {
    const DuePlace from = *valve.retries_behind;
    const std::size_t limit = std::min<std::size_t>(budget, 256);
    const auto rows = journal_.due(outlet.outlet.no, from, outlet.due_seen, limit);
    if (!rows) return tl::unexpected(rows.error());
    budget -= std::min(budget, std::max<std::size_t>(rows->size(), 1));
    valve.retries_behind.reset();
    for (const DeliveryRow& row : *rows) {
      if (row.destination != valve.destination) continue;
      const auto placed = place_retry(outlet, row);
      if (!placed) return tl::unexpected(placed.error());
      if (!*placed) leave_behind(valve, row);
      if (valve.retries_behind) return {};
    }
    if (rows->size() >= limit) valve.retries_behind = DuePlace::of(rows->back());
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
      DISPATCH_TRY(place(outlet, row, Found::read));
      if (valve.behind) return {};
    }
    if (rows->size() >= limit) valve.behind = rows->back().key.position;
  }
  return {};
}

Result<> Pump::scan(OutletState& outlet, std::size_t& budget) {
  DISPATCH_TRY(outlets_.look_for_slow(outlet, window_.has_slow(outlet)));
  std::size_t some = 16;  // more when all of them were passed over
  while (outlet.more && budget > 0 && (window_.has_room(outlet) || outlet.crowded)) {
    const std::size_t most = window_.limits().lanes_per_outlet;
    const std::size_t room = outlet.lanes < most ? 2 * (most - outlet.lanes) : 0;
    const std::size_t limit = std::min(budget, std::clamp<std::size_t>(std::max(some, room), 16, 256));
    const auto rows = journal_.scan(outlet.outlet.no, outlet.cursor, limit);
    if (!rows) return tl::unexpected(rows.error());
    for (const DeliveryRow& row : *rows) {
      const bool crowds = outlet.crowded && window_.crowds(outlet, row.destination);
      if (!crowds && !window_.has_room(outlet)) {
        outlet.cursor = before(row.key.position);
        return {};
      }
      outlet.cursor = row.key.position;
      if (row.state == DeliveryState::pending) DISPATCH_TRY(place(outlet, row, Found::read));
    }
    budget -= std::min(budget, rows->size());
    if (rows->size() < limit) outlet.more = false;
    some *= 4;
  }
  return {};
}

Result<> Pump::place(OutletState& outlet, const DeliveryRow& row, Found how) {
  if (Lane* lane = window_.find(LaneKey::of(row)); lane != nullptr) {
    if (!window_.is_idle(*lane)) return place_behind(*lane, row);
    if (row.sequence == after(lane->tail.sequence)) {
      if (!is_passed_over(outlet, row)) load(*lane, row);
      return {};
    }
    window_.forget(*lane);
  }
  if (row.entity == EntityNo{}) {
    if (!is_passed_over(outlet, row)) load(outlet, row);
    return {};
  }
  // Before the journal is asked: there may be many.
  if (is_passed_over(outlet, row)) return {};
  const auto predecessor = journal_.predecessor(row);
  if (!predecessor) return tl::unexpected(predecessor.error());
  if (predecessor->gap || predecessor->open) return {};
  // What was read before it may have been passed over for it.
  load(outlet, row).more = predecessor->disordered || (how == Found::read && is_sparse_lane(row));
  return {};
}

/// In a lane that is busy or drained.
Result<> Pump::place_behind(Lane& lane, const DeliveryRow& row) {
  if (row.entity == EntityNo{}) return {};
  if (lane.leaves) {  // nothing more is loaded
    pass_over(lane, row);
    return {};
  }
  if (row.sequence <= lane.tail.sequence) {  // mostly it is loaded
    if (is_sparse_lane(row)) pass_over(lane, row);
    return {};
  }
  if (lane.more) return {};
  if (row.sequence != after(lane.tail.sequence)) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->gap) return {};
    if (predecessor->open && *predecessor->open > lane.tail.sequence) {
      lane.more = true;
      return {};
    }
  }
  if (window_.lane_has_room(lane))
    load(lane, row);
  else
    lane.more = true;
  return {};
}

/// The lane is asked for it when it is drained.
void Pump::pass_over(Lane& lane, const DeliveryRow& row) {
  lane.more = true;
  if (row.state != DeliveryState::pending) return;
  lane.below = lane.below ? std::min(*lane.below, row.key.position) : row.key.position;
}

/// The lane of `row` where it is busy or drained. What an idle one knows is not so any more.
Lane* Pump::find_in_use(const DeliveryRow& row) {
  Lane* lane = window_.find(LaneKey::of(row));
  if (lane == nullptr || !window_.is_idle(*lane)) return lane;
  window_.forget(*lane);
  return nullptr;
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

/// True where too many wait at the valve that `row` would lead to, or its destination crowds its outlet: it
/// is read again when there is room.
bool Pump::is_passed_over(OutletState& outlet, const DeliveryRow& row) {
  Valve* valve = valves_.find(outlet, row.destination);
  if (valve == nullptr || !valve->full()) {
    if (!window_.crowds(outlet, row.destination)) return false;
    valve = &valves_.at(outlet, row.destination);
  }
  leave_behind(*valve, row);
  return true;
}

void Pump::leave_behind(Valve& valve, const DeliveryRow& row) {
  valve.behind_for = valve.holds_for();
  if (row.state == DeliveryState::retry_wait) {
    const auto place = DuePlace::before(row);
    valve.retries_behind = std::min(valve.retries_behind.value_or(place), place);
    return;
  }
  const Position mark = before(row.key.position);
  valve.behind = valve.behind ? std::min(*valve.behind, mark) : mark;
  outlets_.keep_in_reach(*valve.outlet, mark);
}

}  // namespace dispatch::flow
