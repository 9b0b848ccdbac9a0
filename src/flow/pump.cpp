#include "flow/pump.hpp"

#include "flow/neighbours.hpp"

#include <algorithm>

namespace dispatch::flow {

using journal::DeliveryRow;

Pump::Pump(journal::Journal& journal, Graph& graph, Valves& valves, const WindowLimits& limits,
           const Agreements& agreements)
    : journal_(journal),
      valves_(valves),
      window_(graph, valves, limits),
      outlets_(journal, graph, limits, agreements) {}

Result<> Pump::start() {
  const auto wake = journal_.remembered_wake();
  if (!wake) return tl::unexpected(wake.error());
  last_wake_ = remembered_wake_ = *wake;
  return outlets_.load();
}

Result<> Pump::arrived(std::vector<DeliveryRow> made) {
  if (made.empty()) return {};
  wakes_wait_ = true;  // an arrival may have closed a gap
  for (const DeliveryRow& row : made)
    if (!outlets_.knows(row.key.outlet)) DISPATCH_TRY(outlets_.load());
  std::move(made.begin(), made.end(), std::back_inserter(arrived_));
  return {};
}

Result<> Pump::changed_elsewhere() {
  wakes_wait_ = true;
  outlets_.each([&](OutletState& outlet) { outlets_.read_again(outlet); });
  return outlets_.load();
}

Result<> Pump::terms_changed(WallTime now) {
  std::vector<OutletState*> turned;
  outlets_.each([&](OutletState& outlet) {
    if (outlets_.change_terms(outlet)) turned.push_back(&outlet);
    valves_.change_terms(outlet);
  });
  window_.lead_to_valves();
  for (OutletState* outlet : turned) {
    if (outlet->terms->shut) {
      DISPATCH_TRY(shut(*outlet));
    } else {
      valves_.open(*outlet, now);
      DISPATCH_TRY(outlets_.open(*outlet));
    }
  }
  return {};
}

/// What is under way, or waits for its host, leaves the window when it comes out.
Result<> Pump::shut(OutletState& outlet) {
  outlets_.shut(outlet);
  Position above = outlet.cursor;
  for (Item* item : valves_.shut(outlet, above)) put_back(*item);
  std::vector<Lane*> drained;
  for (Lane* lane : window_.drained())
    if (lane->outlet == &outlet) drained.push_back(lane);
  for (Lane* lane : drained) {
    const auto mark = followers_above(lane->tail);
    if (!mark) return tl::unexpected(mark.error());
    above = std::min(above, *mark);
    note(outlet, window_.drop(*lane));
  }
  outlets_.read_again(outlet, above);
  return {};
}

// --- What became of an item

Result<> Pump::completed(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  if (!outlet.terms->shut) {
    note(outlet, window_.complete(item));
    return {};
  }
  const auto above = followers_above(item.row);
  if (!above) return tl::unexpected(above.error());
  note(outlet, window_.evict(item));
  outlets_.read_again(outlet, *above);
  return {};
}

void Pump::put_back(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  const DeliveryRow row = item.row;
  note(outlet, window_.evict(item));
  if (row.state == DeliveryState::pending) outlets_.read_again(outlet, before(row.key.position));
}

void Pump::retry_later(Item& item, WallTime due) {
  OutletState& outlet = *item.lane->outlet;
  outlets_.due_by(outlet, due);
  note(outlet, window_.evict(item));
}

void Pump::buried(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  note(outlet, window_.evict(item));
}

void Pump::lost(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  const Position above = before(item.row.key.position);
  note(outlet, window_.evict(item));
  outlets_.read_again(outlet, above);
}

void Pump::turned_away(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  leave_behind(*item.lane->valve, item.row);
  note(outlet, window_.evict(item));
}

/// There may be room in the outlet, and what its lanes have passed over.
void Pump::note(OutletState& outlet, std::optional<Position> again) {
  if (again)
    outlets_.read_again(outlet, again);
  else
    outlets_.list(outlet);
}

// --- What is to be read

std::optional<WallTime> Pump::next_due() const {
  for (const auto& [due, no] : outlets_.due())
    if (window_.has_room(outlets_.at(no))) return due;
  return std::nullopt;
}

bool Pump::hungry() const {
  const auto room = [&](const OutletState* outlet) { return window_.has_room(*outlet); };
  const auto& listed = outlets_.listed();
  return wakes_wait_ || std::any_of(listed.begin(), listed.end(), room) ||
         std::any_of(window_.drained().begin(), window_.drained().end(),
                     [&](const Lane* lane) { return room(lane->outlet); }) ||
         valves_.any([&](const Valve& valve) { return valve.catches_up() && room(valve.outlet); });
}

bool Pump::idle() const {
  return window_.items() == 0 && outlets_.listed().empty() && outlets_.due().empty() &&
         window_.drained().empty() && !wakes_wait_ &&
         !valves_.any([](const Valve& valve) { return valve.behind || valve.retries_behind; });
}

// --- Where a restart reads from

/// What follows `row` in its lane lies above it, or anywhere where the stream is disordered.
Result<Position> Pump::followers_above(const DeliveryRow& row) {
  if (row.entity == EntityNo{}) return row.key.position;
  const auto predecessor = journal_.predecessor(row);
  if (!predecessor) return tl::unexpected(predecessor.error());
  return predecessor->disordered ? Position{} : row.key.position;
}

Result<> Pump::keep_drained_in_reach() {
  for (const Lane* lane : window_.drained()) {
    const auto above = followers_above(lane->tail);
    if (!above) return tl::unexpected(above.error());
    outlets_.keep_in_reach(*lane->outlet, *above);
  }
  return {};
}

Result<> Pump::remember(bool whole) {
  if (whole) {
    outlets_.each([](OutletState& outlet) { outlet.outlet.low = outlet.cursor; });
    window_.each_item(
        [&](const Item& item) { outlets_.keep_in_reach(*item.lane->outlet, before(item.row.key.position)); });
    valves_.each([&](const Valve& valve) {
      if (valve.behind) outlets_.keep_in_reach(*valve.outlet, *valve.behind);
    });
    remembered_wake_ = last_wake_;
  }
  DISPATCH_TRY(keep_drained_in_reach());
  const auto sunken = outlets_.take_sunken();
  std::vector<journal::Outlet> marks;
  const auto mark = [&](OutletState& outlet) {
    if (outlet.outlet.low == outlet.stored_low) return;
    outlet.stored_low = outlet.outlet.low;
    marks.push_back(outlet.outlet);
  };
  if (whole) {
    outlets_.each(mark);
  } else {
    for (OutletState* const outlet : sunken) mark(*outlet);
  }
  if (marks.empty() && !whole) return {};
  return journal_.remember(marks, remembered_wake_);
}

}  // namespace dispatch::flow
