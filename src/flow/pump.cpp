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

WindowLimits WindowLimits::suiting(std::size_t per_host, std::size_t workers) {
  WindowLimits limits;
  limits.per_host = per_host;
  limits.lanes_per_outlet = 2 * per_host + 28;
  limits.lanes = std::max<std::size_t>(4096, 4 * workers);
  return limits;
}

Pump::Pump(journal::Journal& journal, Graph& graph, const WindowLimits& limits)
    : journal_(journal), graph_(graph), limits_(limits) {}

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
    auto& gate = gates_[row.host];
    if (gate == nullptr) gate = &graph_.add_gate(limits_.per_host);
    const OutletNo no = row.no;
    auto& outlet = *outlets_.emplace(no, std::make_unique<OutletState>()).first->second;
    outlet.cursor = row.low;
    outlet.outlet = std::move(row);
    outlet.gate = gate;
    list(outlet);
    const auto due = journal_.next_due(no, WallTime::min());
    if (!due) return tl::unexpected(due.error());
    set_due(outlet, *due);
  }
  return {};
}

Result<> Pump::arrived(std::span<const OutletNo> outlets) {
  wakes_wait_ = true;  // an arrival may have closed a gap
  for (const OutletNo no : outlets) {
    if (!outlets_.contains(no)) DISPATCH_TRY(load_outlets());
    auto& outlet = *outlets_.at(no);
    outlet.more = true;
    list(outlet);
  }
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
// -----------------------------------------------------------------------------------------

void Pump::completed(Item& item) {
  Lane& lane = *item.lane;
  release_item(item);
  graph_.free_lane(*lane.nodes);
  if (lane.items > 0) return;
  if (lane.more) {
    drained_.push_back(&lane);
  } else if (lane.key.alone != 0) {
    lanes_.erase(lane.key);
    free_lanes_.push_back(&lane);
  } else {
    lane.idle = idle_.insert(idle_.end(), &lane);
  }
}

void Pump::retry_later(Item& item, WallTime due) {
  OutletState& outlet = *item.lane->outlet;
  leave_window(*item.lane);
  release_item(item);
  if (!outlet.due || due < *outlet.due) set_due(outlet, due);
}

void Pump::buried(Item& item) {
  leave_window(*item.lane);
  release_item(item);
}

void Pump::lost(Item& item) {
  OutletState& outlet = *item.lane->outlet;
  outlet.cursor = std::min(outlet.cursor, before(item.row.key.position));
  outlet.more = true;
  leave_window(*item.lane);
  release_item(item);
}

void Pump::release_item(Item& item) {
  Lane& lane = *item.lane;
  OutletState& outlet = *lane.outlet;
  --outlet.items;
  --items_in_use_;
  if (--lane.items == 0) {
    --outlet.lanes;
    --lanes_in_use_;
  }
  items_.give_back(item);
  list(outlet);
}

/// The lane's followers go back to the journal, where they wait; the item that holds the lane is the
/// caller's.
void Pump::leave_window(Lane& lane) {
  for (Item* waiting : graph_.take_back(*lane.nodes)) release_item(*waiting);
  graph_.free_lane(*lane.nodes);
  lanes_.erase(lane.key);
  free_lanes_.push_back(&lane);
}

// --- Loading
// --------------------------------------------------------------------------------------------------------

Result<> Pump::fill(WallTime now) {
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(load_due(now));
  DISPATCH_TRY(follow_wakes());
  DISPATCH_TRY(load_drained());
  std::size_t budget = limits_.rows_per_turn;
  const auto outlets = std::exchange(to_read_, {});
  for (OutletState* outlet : outlets) {
    outlet->listed = false;
    DISPATCH_TRY(scan(*outlet, budget));
    list(*outlet);
  }
  return {};
}

Result<> Pump::load_drained() {
  auto lanes = std::exchange(drained_, {});
  for (Lane* lane : lanes) {
    if (has_room(*lane->outlet))
      DISPATCH_TRY(load_successors(*lane));
    else
      drained_.push_back(lane);
  }
  return {};
}

Result<> Pump::load_successors(Lane& lane) {
  const auto rows = journal_.successors(lane.tail, limits_.items_per_lane);
  if (!rows) return tl::unexpected(rows.error());
  lane.more = rows->size() == limits_.items_per_lane;
  if (rows->empty()) {
    lane.idle = idle_.insert(idle_.end(), &lane);
    return {};
  }
  for (const DeliveryRow& row : *rows) push(lane, row);
  return {};
}

Result<> Pump::load_due(WallTime now) {
  std::vector<OutletState*> ready;
  for (const auto& [due, no] : due_) {
    if (due > now) break;
    if (OutletState& outlet = *outlets_.at(no); has_room(outlet)) ready.push_back(&outlet);
  }
  for (OutletState* outlet : ready) DISPATCH_TRY(load_due(*outlet, now));
  return {};
}

Result<> Pump::load_due(OutletState& outlet, WallTime now) {
  // Those that are loaded and not begun yet are still in retry_wait, and come again: at most one a lane.
  const std::size_t limit = limits_.lanes_per_outlet;
  const auto rows = journal_.due(outlet.outlet.no, now, limit);
  if (!rows) return tl::unexpected(rows.error());
  for (const DeliveryRow& row : *rows) {
    if (find(LaneKey::of(row)) != nullptr) continue;
    if (!has_room(outlet)) {
      set_due(outlet, row.state_at);
      return {};
    }
    Lane& lane = open(outlet, row);
    push(lane, row);
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
  for (const auto& [action, key] : *wakes) {
    DISPATCH_TRY(wake(key));
    last_wake_ = action;
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
  if (Lane* lane = find(LaneKey::of(row)); lane != nullptr) {
    look_again(*lane);
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
  if (has_room(outlet)) {
    Lane& lane = open(outlet, row);
    push(lane, row);
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
  while (outlet.more && budget > 0 && has_room(outlet)) {
    const std::size_t room = limits_.lanes_per_outlet - outlet.lanes;
    const std::size_t limit = std::min(budget, std::clamp<std::size_t>(2 * room, 16, 256));
    const auto rows = journal_.scan(outlet.outlet.no, outlet.cursor, limit);
    if (!rows) return tl::unexpected(rows.error());
    for (const DeliveryRow& row : *rows) {
      if (!has_room(outlet)) {
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
  if (Lane* lane = find(LaneKey::of(row)); lane != nullptr) return place_behind(*lane, row);
  if (row.entity == EntityNo{}) {
    push(open(outlet, row), row);
    return {};
  }
  const auto predecessor = journal_.predecessor(row);
  if (!predecessor) return tl::unexpected(predecessor.error());
  if (predecessor->gap || (predecessor->exists && !is_final(predecessor->state))) return {};
  Lane& lane = open(outlet, row);
  push(lane, row);
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
      look_again(lane);
      return {};
    }
  }
  if (lane.items < limits_.items_per_lane && items_in_use_ < 4 * limits_.lanes)
    push(lane, row);
  else
    look_again(lane);
  return {};
}

// --- The window
// -----------------------------------------------------------------------------------------------------

bool Pump::has_room(const OutletState& outlet) const {
  return outlet.lanes < limits_.lanes_per_outlet && lanes_in_use_ + drained_.size() < limits_.lanes;
}

Lane* Pump::find(const LaneKey& key) {
  const auto found = lanes_.find(key);
  return found == lanes_.end() ? nullptr : found->second;
}

Lane& Pump::open(OutletState& outlet, const DeliveryRow& row) {
  Lane* lane = nullptr;
  if (!free_lanes_.empty()) {
    lane = free_lanes_.back();
    free_lanes_.pop_back();
  } else if (lane_pool_.size() < limits_.lanes || idle_.empty()) {
    lane = &lane_pool_.emplace_back();
    lane->nodes = &graph_.add_lane();
  } else {
    lane = idle_.front();
    idle_.pop_front();
    lanes_.erase(lane->key);
  }
  lane->key = LaneKey::of(row);
  lane->outlet = &outlet;
  lane->items = 0;
  lane->more = false;
  lane->idle = idle_.end();
  lanes_.emplace(lane->key, lane);
  return *lane;
}

void Pump::push(Lane& lane, const DeliveryRow& row) {
  if (lane.items == 0) {
    if (lane.idle != idle_.end()) idle_.erase(std::exchange(lane.idle, idle_.end()));
    ++lane.outlet->lanes;
    ++lanes_in_use_;
  }
  ++lane.items;
  ++lane.outlet->items;
  ++items_in_use_;
  lane.tail = row;
  if (row.state == DeliveryState::pending) keep_in_reach(*lane.outlet, before(row.key.position));
  graph_.enter(*lane.nodes, items_.take(row, lane));
}

/// Something of this lane was passed over: ask the journal for what follows once the lane is drained.
void Pump::look_again(Lane& lane) {
  if (std::exchange(lane.more, true)) return;
  if (lane.items > 0) return;
  if (lane.idle != idle_.end()) idle_.erase(std::exchange(lane.idle, idle_.end()));
  drained_.push_back(&lane);
}

void Pump::list(OutletState& outlet) {
  if (outlet.listed || !outlet.more || outlet.lanes >= limits_.lanes_per_outlet) return;
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
    if (has_room(*outlets_.at(no))) return due;
  return std::nullopt;
}

bool Pump::hungry() const {
  const auto room = [&](const OutletState* outlet) { return has_room(*outlet); };
  return wakes_wait_ || std::any_of(to_read_.begin(), to_read_.end(), room) ||
         std::any_of(drained_.begin(), drained_.end(), [&](const Lane* lane) { return room(lane->outlet); });
}

bool Pump::idle() const {
  return items_in_use_ == 0 && to_read_.empty() && drained_.empty() && !wakes_wait_;
}

// --- Where a restart reads from
// --------------------------------------------------------------------------------------

/// What waits in the window was passed by the scan, or is about to be: a crash must not leave it below the
/// stored mark.
void Pump::keep_in_reach(OutletState& outlet, Position mark) {
  if (mark >= outlet.outlet.low) return;
  outlet.outlet.low = mark;
  sunken_.push_back(&outlet);
}

/// What follows in these lanes lies above their tails, or anywhere where the stream is disordered.
Result<> Pump::keep_drained_in_reach() {
  for (const Lane* lane : drained_) {
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
    items_.each([&](const Item& item) {
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
