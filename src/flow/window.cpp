#include "flow/window.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

WindowLimits WindowLimits::suiting(std::size_t per_host, std::size_t workers) {
  WindowLimits limits;
  limits.per_host = per_host;
  limits.lanes_per_outlet = 2 * per_host + 28;
  limits.lanes = std::max<std::size_t>(4096, 4 * workers);
  return limits;
}

bool Window::has_room(const OutletState& outlet) const {
  return outlet.lanes < limits_.lanes_per_outlet && lanes_in_use_ + drained_.size() < limits_.lanes;
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
  lane->idle = idle_.end();
  lanes_.emplace(lane->key, lane);
  return *lane;
}

void Window::push(Lane& lane, const journal::DeliveryRow& row) {
  if (lane.items == 0) {
    wake_up(lane);
    ++lane.outlet->lanes;
    ++lanes_in_use_;
  }
  ++lane.items;
  ++items_in_use_;
  lane.tail = row;
  graph_.enter(*lane.nodes, pool_.take(row, lane));
}

void Window::look_again(Lane& lane) {
  if (std::exchange(lane.more, true)) return;
  if (lane.items > 0) return;
  wake_up(lane);
  drained_.push_back(&lane);
}

void Window::complete(Item& item) {
  Lane& lane = *item.lane;
  give_back(item);
  graph_.free_lane(*lane.nodes);
  if (lane.items > 0) return;
  if (lane.more)
    drained_.push_back(&lane);
  else if (lane.key.alone != 0)
    close(lane);
  else
    rest(lane);
}

void Window::evict(Item& item) {
  Lane& lane = *item.lane;
  for (Item* waiting : graph_.take_back(*lane.nodes)) give_back(*waiting);
  give_back(item);
  graph_.free_lane(*lane.nodes);
  close(lane);
}

void Window::give_back(Item& item) {
  Lane& lane = *item.lane;
  --items_in_use_;
  if (--lane.items == 0) {
    --lane.outlet->lanes;
    --lanes_in_use_;
  }
  pool_.give_back(item);
}

void Window::wake_up(Lane& lane) {
  if (lane.idle != idle_.end()) idle_.erase(std::exchange(lane.idle, idle_.end()));
}

void Window::close(Lane& lane) {
  lanes_.erase(lane.key);
  free_lanes_.push_back(&lane);
}

}  // namespace dispatch::flow
