#include "flow/window.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

bool Window::has_room(const OutletState& outlet) const {
  return !outlet.terms->shut && outlet.lanes < limits_.lanes_per_outlet &&
         lanes_in_use_ + drained_.size() < limits_.lanes;
}

bool Window::lane_has_room(const Lane& lane) const {
  return lane.items < limits_.items_per_lane && items_in_use_ < 4 * limits_.lanes;
}

Lane* Window::find(const LaneKey& key) {
  const auto found = lanes_.find(key);
  return found == lanes_.end() ? nullptr : found->second;
}

Lane& Window::open(OutletState& outlet, const journal::DeliveryRow& row) {
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
  lane->again.reset();
  lane->idle = idle_.end();
  lanes_.emplace(lane->key, lane);
  return *lane;
}

void Window::push(Lane& lane, const journal::DeliveryRow& row, Hold why) {
  if (lane.items == 0) {
    wake_up(lane);
    ++lane.outlet->lanes;
    ++lanes_in_use_;
    HostState& host = *lane.outlet->host;
    if (host.lanes++ == 0) host.gate = &graph_.take_gate(host.width);
    lane.valve = valves_.find(*lane.outlet, row.destination);
    if (lane.valve != nullptr) ++lane.valve->lanes;
  }
  ++lane.items;
  ++items_in_use_;
  lane.tail = row;
  graph_.enter(*lane.nodes, pool_.take(row, lane, {.loaded = graph_.now(), .before_head = why}));
}

void Window::look_again(Lane& lane) {
  if (std::exchange(lane.more, true)) return;
  if (lane.items > 0) return;
  wake_up(lane);
  drained_.push_back(&lane);
}

void Window::lead_to(Valve& valve) {
  for (Lane& lane : lane_pool_) {
    if (lane.items == 0 || lane.valve != nullptr || lane.key.destination != valve.destination.value())
      continue;
    lane.valve = &valve;
    ++valve.lanes;
  }
}

void Window::lead_to_valves() {
  for (Lane& lane : lane_pool_) {
    if (lane.items == 0 || lane.valve != nullptr) continue;
    lane.valve = valves_.find(*lane.outlet, DestinationNo{lane.key.destination});
    if (lane.valve != nullptr) ++lane.valve->lanes;
  }
}

std::optional<Position> Window::complete(Item& item) {
  Lane& lane = *item.lane;
  give_back(item);
  graph_.free_lane(*lane.nodes);
  if (lane.items > 0) return std::nullopt;
  if (!lane.more) return rest(lane);
  drained_.push_back(&lane);
  return std::nullopt;
}

std::optional<Position> Window::evict(Item& item) {
  Lane& lane = *item.lane;
  for (Item* waiting : graph_.take_back(*lane.nodes)) give_back(*waiting);
  give_back(item);
  graph_.free_lane(*lane.nodes);
  return close(lane);
}

std::optional<Position> Window::rest(Lane& lane) {
  if (lane.again || lane.key.alone != 0) return close(lane);
  lane.idle = idle_.insert(idle_.end(), &lane);
  return std::nullopt;
}

std::optional<Position> Window::drop(Lane& lane) {
  std::erase(drained_, &lane);
  return close(lane);
}

void Window::forget_tails(const OutletState& outlet, Position position) {
  std::vector<Lane*> lanes;
  for (const auto& [key, lane] : lanes_)
    if (lane->outlet == &outlet) lanes.push_back(lane);
  for (Lane* lane : lanes) {
    if (lane->idle == idle_.end()) {
      lane->again = lane->again ? std::min(*lane->again, position) : position;
      continue;
    }
    wake_up(*lane);
    close(*lane);
  }
}

void Window::give_back(Item& item) {
  Lane& lane = *item.lane;
  --items_in_use_;
  if (--lane.items == 0) {
    --lane.outlet->lanes;
    --lanes_in_use_;
    HostState& host = *lane.outlet->host;
    if (--host.lanes == 0) graph_.give_back(*std::exchange(host.gate, nullptr), host.width);
    if (lane.valve != nullptr) --std::exchange(lane.valve, nullptr)->lanes;
  }
  pool_.give_back(item);
}

void Window::wake_up(Lane& lane) {
  if (lane.idle != idle_.end()) idle_.erase(std::exchange(lane.idle, idle_.end()));
}

std::optional<Position> Window::close(Lane& lane) {
  lanes_.erase(lane.key);
  free_lanes_.push_back(&lane);
  return std::exchange(lane.again, std::nullopt);
}

}  // namespace dispatch::flow
