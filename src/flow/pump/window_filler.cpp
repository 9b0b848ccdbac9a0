#include "flow/pump/window_filler.hpp"

#include "flow/pump/neighbours.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

Result<> WindowFiller::fill(WallTime now) {
  std::size_t budget = window_.limits().rows_per_turn;
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(catch_up(std::max<std::size_t>(1, budget / 2)));
  DISPATCH_TRY(load_due(now));
  DISPATCH_TRY(follow_wakes());
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(load_arrived());
  // Those that get nothing now come first the next time.
  std::vector<OutletState*> served;
  for (OutletState* outlet : outlets_.take_listed()) {
    const auto before = outlet->cursor;
    DISPATCH_TRY(scan(*outlet, budget));
    if (outlet->cursor == before)
      outlets_.list(*outlet);
    else
      served.push_back(outlet);
  }
  for (OutletState* outlet : served) outlets_.list(*outlet);
  return {};
}

void WindowFiller::start(std::int64_t known_asks, std::int64_t last_wake) {
  known_asks_ = known_asks;
  last_wake_ = last_wake;
}

void WindowFiller::arrived(std::vector<DeliveryRow> made) {
  wakes_wait_ = true;  // an arrival may have closed a gap, also one that nothing delivers
  std::move(made.begin(), made.end(), std::back_inserter(arrived_));
}

/// What has just been made need not be read again, where all before it has been looked at.
Result<> WindowFiller::load_arrived() {
  for (const DeliveryRow& row : arrived_) {
    OutletState& outlet = outlets_.at(row.key.outlet);
    if (outlet.more) continue;
    if (window_.has_room(outlet)) {
      outlet.cursor = row.key.position;
      DISPATCH_TRY(loader_.place(outlet, row, LaneLoader::Found::arrived));
    } else {
      outlets_.read_again(outlet);
    }
  }
  arrived_.clear();
  return {};
}

Result<> WindowFiller::load_drained() {
  const auto lanes = std::exchange(window_.drained(), {});
  for (Lane* lane : lanes) DISPATCH_TRY(loader_.load_next(*lane));
  return {};
}

Result<> WindowFiller::load_due(WallTime now) {
  std::vector<OutletState*> ready;
  for (const auto& [due, no] : outlets_.due()) {
    if (due > now) break;
    if (OutletState& outlet = outlets_.at(no); window_.has_room(outlet)) ready.push_back(&outlet);
  }
  std::size_t budget = window_.limits().rows_per_turn;
  for (OutletState* outlet : ready) DISPATCH_TRY(load_due(*outlet, now, budget));
  return {};
}

Result<> WindowFiller::load_due(OutletState& outlet, WallTime now, std::size_t& budget) {
  while (budget > 0) {
    const std::size_t limit = std::min<std::size_t>(budget, 256);
    const auto rows = journal_.due(outlet.outlet.no, outlet.due_seen, DuePlace::after(now), limit);
    if (!rows) return tl::unexpected(rows.error());
    budget -= std::min(budget, std::max<std::size_t>(rows->size(), 1));
    for (const DeliveryRow& row : *rows) {
      const auto placed = loader_.place_retry(outlet, row);
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

Result<> WindowFiller::follow_wakes() {
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

Result<> WindowFiller::wake(const journal::Wake& said) {
  const auto& key = said.key;
  const auto reached = outlets_.reach(key.outlet);
  if (!reached) return tl::unexpected(reached.error());
  DISPATCH_TRY(outlets_.reread_due(**reached));
  if (said.ask != DestinationNo{} && said.action > known_asks_) asked_for_.push_back({said.ask, said.action});
  const auto head = journal_.head(key);
  if (!head) return tl::unexpected(head.error());
  if (!*head) return {};
  return loader_.place_woken(**reached, **head);
}

/// Anything of the outlet from there on may be new, also before what its lanes have come to.
Result<> WindowFiller::wake_from(const journal::DeliveryKey& key) {
  const auto reached = outlets_.reach(key.outlet);
  if (!reached) return tl::unexpected(reached.error());
  outlets_.read_again(**reached, before(key.position));
  return {};
}

bool WindowFiller::hungry() const {
  const auto room = [&](const OutletState* outlet) { return window_.has_room(*outlet); };
  const auto& listed = outlets_.listed();
  return wakes_wait_ || !window_.drained().empty() || std::any_of(listed.begin(), listed.end(), room) ||
         valves_.any([&](const Valve& valve) { return may_catch_up(valve); });
}

/// There is room for what was passed over.
bool WindowFiller::may_catch_up(const Valve& valve) const {
  return valve.catches_up() && window_.has_room(*valve.outlet) &&
         window_.crowds_no_more(*valve.outlet, valve.destination);
}

Result<> WindowFiller::catch_up(std::size_t budget) {
  if (valves_.empty()) return {};
  std::vector<Valve*> ready;
  valves_.each([&](Valve& valve) {
    if (may_catch_up(valve)) ready.push_back(&valve);
  });
  for (Valve* valve : ready) {
    loader_.catch_up(valve);
    auto caught_up = catch_up_retries(*valve, budget);
    if (caught_up) caught_up = catch_up(*valve, budget);
    loader_.catch_up(nullptr);
    if (!caught_up) return caught_up;
  }
  return {};
}

Result<> WindowFiller::catch_up_retries(Valve& valve, std::size_t& budget) {
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
      const auto placed = loader_.place_retry(outlet, row);
      if (!placed) return tl::unexpected(placed.error());
      if (!*placed) loader_.leave_behind(valve, row);
      if (valve.retries_behind) return {};
    }
    if (rows->size() >= limit) valve.retries_behind = DuePlace::of(rows->back());
  }
  return {};
}

Result<> WindowFiller::catch_up(Valve& valve, std::size_t& budget) {
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
        loader_.leave_behind(valve, row);
        return {};
      }
      DISPATCH_TRY(loader_.place(outlet, row, LaneLoader::Found::read));
      if (valve.behind) return {};
    }
    if (rows->size() >= limit) valve.behind = rows->back().key.position;
  }
  return {};
}

Result<> WindowFiller::scan(OutletState& outlet, std::size_t& budget) {
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
      if (row.state == DeliveryState::pending)
        DISPATCH_TRY(loader_.place(outlet, row, LaneLoader::Found::read));
    }
    budget -= std::min(budget, rows->size());
    if (rows->size() < limit) outlet.more = false;
    some *= 4;
  }
  return {};
}

}  // namespace dispatch::flow
