#include "flow/pump/pump.hpp"

#include "flow/pump/neighbours.hpp"

#include <algorithm>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

Pump::Pump(journal::Journal& journal, Graph& graph, Valves& valves, const WindowLimits& limits,
           const Agreements& agreements)
    : journal_(journal),
      valves_(valves),
      window_(graph, valves, limits),
      outlets_(journal, graph, limits, agreements),
      loader_(journal, valves, window_, outlets_),
      filler_(journal, valves, window_, outlets_, loader_) {}

Result<> Pump::start(std::int64_t known_asks) {
  const auto wake = journal_.remembered_wake();
  if (!wake) return tl::unexpected(wake.error());
  remembered_wake_ = *wake;
  filler_.start(known_asks, *wake);
  return outlets_.load();
}

Result<> Pump::arrived(std::vector<DeliveryRow> made) {
  for (const DeliveryRow& row : made) {
    auto outlet = outlets_.reach(row.key.outlet);
    if (!outlet) return tl::unexpected(std::move(outlet).error());
    if (auto& several = (*outlet)->several; several == false) several.reset();
  }
  filler_.arrived(std::move(made));
  return {};
}

Result<> Pump::changed_elsewhere() {
  filler_.woken();
  outlets_.each([&](OutletState& outlet) {
    if (outlet.several == false) outlet.several.reset();
    outlets_.read_again(outlet);
  });
  return outlets_.load_forgotten();
}

Result<> Pump::given_up_elsewhere() {
  for (Item* item : valves_.take_waiting()) {
    const auto head = journal_.head(item->row.key);
    if (!head) return tl::unexpected(head.error());
    if (*head && (*head)->key == item->row.key)
      valves_.hold(*item);
    else
      lost(*item);
  }
  std::vector<OutletState*> waiting;
  outlets_.each([&](OutletState& outlet) {
    if (outlet.due) waiting.push_back(&outlet);
  });
  for (OutletState* outlet : waiting) DISPATCH_TRY(outlets_.reread_due(*outlet));
  return {};
}

Result<> Pump::clock_set(std::chrono::microseconds by) {
  window_.move_due(by);
  return outlets_.clock_set();
}

Result<> Pump::terms_changed(WallTime now) {
  std::vector<std::pair<OutletState*, Outlets::Turned>> turned;
  outlets_.each([&](OutletState& outlet) {
    const auto turn = outlets_.change_terms(outlet);
    if (turn.shut || turn.opened || turn.moved) turned.emplace_back(&outlet, turn);
    valves_.change_terms(outlet);
  });
  window_.lead_to_valves();
  for (const auto& [outlet, turn] : turned) {
    if (turn.shut || turn.moved) DISPATCH_TRY(shut(*outlet));
    if (turn.moved) {
      for (Item* item : window_.send_off(*outlet)) {
        valves_.take_pass(*item, now);
        DISPATCH_TRY(put_back(*item));
      }
      DISPATCH_TRY(outlets_.move(*outlet));
    }
    if (turn.opened) valves_.open(*outlet, now);
    if ((turn.opened || turn.moved) && !outlet->terms->shut) DISPATCH_TRY(outlets_.open(*outlet));
  }
  return {};
}

/// What is under way, or waits for its host, leaves the window when it comes out.
Result<> Pump::shut(OutletState& outlet) {
  outlets_.shut(outlet);
  Position above = outlet.cursor;
  for (Item* item : valves_.shut(outlet, above)) DISPATCH_TRY(put_back(*item));
  outlets_.read_again(outlet, above);
  window_.forget_idle(outlet);
  std::vector<Lane*> drained;
  std::erase_if(window_.drained(), [&](Lane* lane) {
    if (lane->outlet != &outlet) return false;
    drained.push_back(lane);
    return true;
  });
  for (Lane* lane : drained) {
    DISPATCH_TRY(loader_.read_when_open(outlet, lane->tail));
    window_.close(*lane);
  }
  return {};
}

// --- What became of an item

Result<> Pump::completed(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  if (LaneLoader::leaves(*item.lane)) {
    DISPATCH_TRY(loader_.read_when_open(outlet, item.row));
    window_.evict(item);
  } else {
    window_.complete(item);
  }
  outlets_.list(outlet);
  return {};
}

Result<> Pump::put_back(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  if (item.row.state == DeliveryState::pending) outlets_.read_again(outlet, before(item.row.key.position));
  if (item.row.state == DeliveryState::retry_wait) outlets_.due_by(outlet, DuePlace::before(item.row));
  // An operator may have given it up: another is first then, which stands anywhere where the stream is
  // disordered.
  if (item.row.entity != EntityNo{}) DISPATCH_TRY(loader_.read_when_open(outlet, item.row));
  leave(item);
  return {};
}

void Pump::retry_later(Item& item, WallTime due) {
  outlets_.due_by(*item.lane->outlet, DuePlace::before(due));
  leave(item);
}

void Pump::buried(Item& item) {
  leave(item);
}

void Pump::lost(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  item.lane->in_doubt = true;
  window_.drain(item);
  outlets_.list(outlet);
}

Result<> Pump::turned_away(Item& item) {
  if (LaneLoader::leaves(*item.lane)) return put_back(item);
  Valve& valve = *item.lane->valve;
  loader_.leave_behind(valve, item.row);
  if (item.lane->more) {  // as above
    const auto next = loader_.next_in_lane(item.row);
    if (!next) return tl::unexpected(next.error());
    if (*next && (*next)->state == DeliveryState::pending) loader_.leave_behind(valve, **next);
  }
  leave(item);
  return {};
}

/// Its lane leaves the window with it; but what was passed over below it comes before it.
void Pump::leave(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  const auto below = item.lane->below;
  if (below && LaneLoader::leaves(*item.lane)) outlets_.read_again(outlet, before(*below));
  if (below && !LaneLoader::leaves(*item.lane))
    window_.drain(item);
  else
    window_.evict(item);
  outlets_.list(outlet);
}

// --- What is to be read

std::optional<WallTime> Pump::next_due() const {
  for (const auto& [due, no] : outlets_.due())
    if (window_.has_room(outlets_.at(no))) return due;
  return std::nullopt;
}

bool Pump::idle() const {
  return window_.items() == 0 && outlets_.listed().empty() && outlets_.due().empty() &&
         window_.drained().empty() && !filler_.wakes_wait() &&
         !valves_.any([](const Valve& valve) { return valve.behind || valve.retries_behind; });
}

// --- Where a restart reads from

/// What is first in a lane brings the others.
Result<> Pump::keep_drained_in_reach() {
  for (const Lane* lane : window_.drained()) {
    const auto next = loader_.next_in_lane(lane->tail);
    if (!next) return tl::unexpected(next.error());
    if (*next) outlets_.keep_in_reach(*lane->outlet, before((*next)->key.position));
  }
  return {};
}

Result<> Pump::remember(bool whole) {
  if (whole) {
    outlets_.each([](OutletState& outlet) { outlet.outlet.low = outlet.cursor; });
    window_.each_item(
        [&](const Item& item) { outlets_.keep_in_reach(*item.lane->outlet, before(item.row.key.position)); });
    window_.each_busy([&](const Lane& lane) {
      if (lane.below) outlets_.keep_in_reach(*lane.outlet, before(*lane.below));
    });
    valves_.each([&](const Valve& valve) {
      if (valve.behind) outlets_.keep_in_reach(*valve.outlet, *valve.behind);
    });
    remembered_wake_ = filler_.last_wake();
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
  DISPATCH_TRY(journal_.remember(marks, remembered_wake_));
  if (whole && filler_.has_loaded_arrived()) forget_done();
  return {};
}

void Pump::forget_done() {
  std::set<const OutletState*> with_valves;
  valves_.each([&](const Valve& valve) { with_valves.insert(valve.outlet); });
  outlets_.forget_done(window_.limits().outlets_kept, with_valves);
}

}  // namespace dispatch::flow
