#include "flow/pump.hpp"

#include <algorithm>
#include <string>

namespace dispatch::flow {

using journal::DeliveryRow;

namespace {

constexpr std::size_t wakes_per_turn = 256;

SequenceNumber after(SequenceNumber sequence) {
  return SequenceNumber{sequence.value() + 1};
}
Position before(Position position) {
  return Position{position.value() - 1};
}

}  // namespace

Pump::Pump(journal::Journal& journal, Graph& graph, const WindowLimits& limits)
    : journal_(journal), graph_(graph), window_(graph, limits) {}

Result<> Pump::start() {
  const auto wake = journal_.remembered_wake();
  if (!wake) return tl::unexpected(wake.error());
  last_wake_ = remembered_wake_ = *wake;
  return load_outlets();
}

Result<> Pump::load_outlets() {
  const OutletNo known = outlets_.empty() ? OutletNo{} : outlets_.rbegin()->first;
  auto rows = journal_.outlets(known);
  if (!rows) return tl::unexpected(std::move(rows).error());
  for (auto& row : *rows) {
    const auto [host, is_new] = hosts_.try_emplace(row.host);
    if (is_new)
      host->second = {static_cast<std::uint32_t>(hosts_.size() - 1),
                      &graph_.add_gate(window_.limits().per_host)};
    const OutletNo no = row.no;
    auto& outlet = *outlets_.emplace(no, std::make_unique<OutletState>()).first->second;
    outlet.cursor = row.low;
    outlet.outlet = std::move(row);
    outlet.gate = host->second.gate;
    outlet.host = host->second.number;
    list(outlet);
    const auto due = journal_.next_due(no, WallTime::min());
    if (!due) return tl::unexpected(due.error());
    set_due(outlet, *due);
  }
  return {};
}

Result<> Pump::arrived(std::vector<DeliveryRow> made) {
  if (made.empty()) return {};
  wakes_wait_ = true;  // an arrival may have closed a gap
  for (const DeliveryRow& row : made)
    if (!outlets_.contains(row.key.outlet)) DISPATCH_TRY(load_outlets());
  std::move(made.begin(), made.end(), std::back_inserter(arrived_));
  return {};
}

Result<> Pump::changed_elsewhere() {
  wakes_wait_ = true;
  for (auto& [no, outlet] : outlets_) {
    outlet->more = true;
    list(*outlet);
  }
  return load_outlets();
}

// --- What became of an item

void Pump::completed(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  window_.complete(item);
  list(outlet);
}

void Pump::retry_later(Item& item, WallTime due) {
  OutletState& outlet = *item.lane->outlet;
  window_.evict(item);
  if (!outlet.due || due < *outlet.due) set_due(outlet, due);
  list(outlet);
}

void Pump::buried(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  window_.evict(item);
  list(outlet);
}

void Pump::lost(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  outlet.cursor = std::min(outlet.cursor, before(item.row.key.position));
  outlet.more = true;
  window_.evict(item);
  list(outlet);
}

// --- Loading

Result<> Pump::fill(WallTime now) {
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(load_due(now));
  DISPATCH_TRY(follow_wakes());
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(load_arrived());
  std::size_t budget = window_.limits().rows_per_turn;
  const auto outlets = std::exchange(to_read_, {});
  for (OutletState* outlet : outlets) {
    outlet->listed = false;
    DISPATCH_TRY(scan(*outlet, budget));
    list(*outlet);
  }
  return {};
}

/// What has just been made need not be read again, where all before it has been looked at.
Result<> Pump::load_arrived() {
  for (const DeliveryRow& row : arrived_) {
    OutletState& outlet = *outlets_.at(row.key.outlet);
    if (outlet.more) continue;
    if (window_.has_room(outlet)) {
      outlet.cursor = row.key.position;
      DISPATCH_TRY(place(outlet, row));
    } else {
      outlet.more = true;
      list(outlet);
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
  if (rows->empty()) window_.rest(lane);
  for (const DeliveryRow& row : *rows) load(lane, row);
  return {};
}

Result<> Pump::load_due(WallTime now) {
  std::vector<OutletState*> ready;
  for (const auto& [due, no] : due_) {
    if (due > now) break;
    if (OutletState& outlet = *outlets_.at(no); window_.has_room(outlet)) ready.push_back(&outlet);
  }
  for (OutletState* outlet : ready) DISPATCH_TRY(load_due(*outlet, now));
  return {};
}

Result<> Pump::load_due(OutletState& outlet, WallTime now) {
  // Those that are loaded and not begun yet are still in retry_wait, and come again: at most one a lane.
  const std::size_t limit = window_.limits().lanes_per_outlet;
  const auto rows = journal_.due(outlet.outlet.no, now, limit);
  if (!rows) return tl::unexpected(rows.error());
  for (const DeliveryRow& row : *rows) {
    if (window_.find(LaneKey::of(row)) != nullptr) continue;
    if (!window_.has_room(outlet)) {
      set_due(outlet, row.state_at);
      return {};
    }
    Lane& lane = load(outlet, row);
    lane.more = row.entity != EntityNo{};
  }
  if (rows->size() == limit) {
    set_due(outlet, now);
    return {};
  }
  const auto next = journal_.next_due(outlet.outlet.no, now);
  if (!next) return tl::unexpected(next.error());
  set_due(outlet, *next);
  return {};
}

Result<> Pump::follow_wakes() {
  if (!wakes_wait_) return {};
  const auto wakes = journal_.wakes(last_wake_, wakes_per_turn);
  if (!wakes) return tl::unexpected(wakes.error());
  for (const journal::Wake& said : *wakes) {
    DISPATCH_TRY(wake(said.key));
    last_wake_ = said.action;
  }
  wakes_wait_ = wakes->size() == wakes_per_turn;
  return {};
}

Result<> Pump::wake(const journal::DeliveryKey& key) {
  if (!outlets_.contains(key.outlet)) DISPATCH_TRY(load_outlets());
  OutletState& outlet = *outlets_.at(key.outlet);
  const auto head = journal_.head(key);
  if (!head) return tl::unexpected(head.error());
  if (!*head) return {};
  const DeliveryRow& row = **head;
  if (Lane* lane = window_.find(LaneKey::of(row)); lane != nullptr) {
    window_.look_again(*lane);
    return {};
  }
  if (row.state == DeliveryState::retry_wait) {
    if (!outlet.due || row.state_at < *outlet.due) set_due(outlet, row.state_at);
    return {};
  }
  if (row.state != DeliveryState::pending) return {};
  if (row.entity != EntityNo{}) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->gap) return {};
  }
  if (window_.has_room(outlet)) {
    Lane& lane = load(outlet, row);
    lane.more = row.entity != EntityNo{};
  } else {  // the scan finds it when there is room
    outlet.cursor = std::min(outlet.cursor, before(row.key.position));
    keep_in_reach(outlet, outlet.cursor);
    outlet.more = true;
    list(outlet);
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
    load(outlet, row);
    return {};
  }
  const auto predecessor = journal_.predecessor(row);
  if (!predecessor) return tl::unexpected(predecessor.error());
  if (predecessor->gap || (predecessor->exists && !is_final(predecessor->state))) return {};
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
  window_.push(lane, row);
  if (row.state == DeliveryState::pending) keep_in_reach(*lane.outlet, before(row.key.position));
}

// --- What is to be read

void Pump::list(OutletState& outlet) {
  if (outlet.listed || !outlet.more || outlet.lanes >= window_.limits().lanes_per_outlet) return;
  outlet.listed = true;
  to_read_.push_back(&outlet);
}

void Pump::set_due(OutletState& outlet, std::optional<WallTime> due) {
  if (outlet.due) due_.erase({*outlet.due, outlet.outlet.no});
  outlet.due = due;
  if (due) due_.emplace(*due, outlet.outlet.no);
}

std::optional<WallTime> Pump::next_due() const {
  for (const auto& [due, no] : due_)
    if (window_.has_room(*outlets_.at(no))) return due;
  return std::nullopt;
}

bool Pump::hungry() const {
  const auto room = [&](const OutletState* outlet) { return window_.has_room(*outlet); };
  return wakes_wait_ || std::any_of(to_read_.begin(), to_read_.end(), room) ||
         std::any_of(window_.drained().begin(), window_.drained().end(),
                     [&](const Lane* lane) { return room(lane->outlet); });
}

bool Pump::idle() const {
  return window_.items() == 0 && to_read_.empty() && window_.drained().empty() && !wakes_wait_;
}

// --- Where a restart reads from

/// What waits in the window was passed by the scan, or is about to be: a crash must not leave it below the
/// stored mark.
void Pump::keep_in_reach(OutletState& outlet, Position mark) {
  if (mark >= outlet.outlet.low) return;
  outlet.outlet.low = mark;
  sunken_.push_back(&outlet);
}

/// What follows in these lanes lies above their tails, or anywhere where the stream is disordered.
Result<> Pump::keep_drained_in_reach() {
  for (const Lane* lane : window_.drained()) {
    const auto predecessor = journal_.predecessor(lane->tail);
    if (!predecessor) return tl::unexpected(predecessor.error());
    keep_in_reach(*lane->outlet, predecessor->disordered ? Position{} : lane->tail.key.position);
  }
  return {};
}

Result<> Pump::remember(bool whole) {
  std::vector<journal::Outlet> marks;
  if (whole) {
    std::map<const OutletState*, Position> low;
    for (const auto& [no, outlet] : outlets_) low.emplace(outlet.get(), outlet->cursor);
    window_.each_item([&](const Item& item) {
      auto& mark = low[item.lane->outlet];
      mark = std::min(mark, before(item.row.key.position));
    });
    for (const auto& [no, outlet] : outlets_) outlet->outlet.low = low.at(outlet.get());
    remembered_wake_ = last_wake_;
  }
  DISPATCH_TRY(keep_drained_in_reach());
  if (whole) {
    for (const auto& [no, outlet] : outlets_) marks.push_back(outlet->outlet);
  } else {
    for (const OutletState* outlet : sunken_) marks.push_back(outlet->outlet);
  }
  sunken_.clear();
  if (marks.empty()) return {};
  return journal_.remember(marks, remembered_wake_);
}

}  // namespace dispatch::flow
