#include "flow/pump/window.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

std::size_t Window::room(const QueueState& queue) const {
  const std::size_t most = lanes_most(queue);
  return queue.policy->paused || queue.lanes >= most ? 0 : std::min(most - queue.lanes, room());
}

/// Subscriptions of one host do not take the window from all others: where it becomes scarce, they share what
/// one of them has a use for.
std::size_t Window::lanes_most(const QueueState& queue) const {
  if (queue.crowded) return 2 * limits_.lanes_per_queue;
  const bool scarce = lanes_in_use_ >= limits_.lanes / 2;
  if (!scarce || queue.is_direct() || queue.host->gate == nullptr) return limits_.lanes_per_queue;
  return std::max<std::size_t>(1, limits_.lanes_per_queue / queue.host->gate->destinations());
}

/// Enough for all permits of the host, as long as half of the room is left; then as much as is fair.
std::size_t Window::lanes_most_of_slow(const QueueState& queue) const {
  constexpr std::size_t least = 4;
  const std::size_t all = limits_.lanes_per_queue, permits = scheduler_.limits().requests.per_host;
  if (queue.lanes < all) return std::min(all, permits + permits / 4 + least);
  return std::max(least, all / queue.host->gate->destinations());
}

const HostGate::Share* Window::not_quick(const QueueState& queue, DestinationNo destination) const {
  if (!queue.crowded || queue.host->gate == nullptr) return nullptr;
  const auto* share = queue.host->gate->share_of(destination);
  return share == nullptr || share->is_quick(time_.steady) ? nullptr : share;
}

bool Window::crowds(const QueueState& queue, DestinationNo destination) const {
  const auto* share = not_quick(queue, destination);
  return share != nullptr && share->lanes >= lanes_most_of_slow(queue);
}

bool Window::crowds_no_more(const QueueState& queue, DestinationNo destination) const {
  const auto* share = not_quick(queue, destination);
  if (share == nullptr) return true;
  const std::size_t most = lanes_most_of_slow(queue);
  return share->lanes + std::max<std::size_t>(1, most / 4) <= most;
}

bool Window::has_slow(const QueueState& queue) const {
  return queue.host->gate != nullptr && queue.host->gate->has_slow(time_.steady);
}

bool Window::lane_has_room(const Lane& lane) const {
  return lane.items < limits_.items_per_lane && items_in_use_ < 4 * limits_.lanes;
}

Lane* Window::find(const LaneKey& key) {
  const auto found = lanes_.find(key);
  return found == lanes_.end() ? nullptr : found->second;
}

Lane& Window::open(QueueState& queue, const journal::DeliveryRow& row) {
  Lane* lane = nullptr;
  if (free_lanes_.empty() && lane_pool_.size() >= limits_.lanes && !idle_.empty()) forget(*idle_.front());
  if (!free_lanes_.empty()) {
    lane = free_lanes_.back();
    free_lanes_.pop_back();
  } else {
    lane = &lane_pool_.emplace_back();
    lane->serial = &scheduler_.add_lane();
  }
  lane->key = LaneKey::of(row);
  lane->queue = &queue;
  lane->host = queue.host;
  lane->leaves = false;
  lane->in_doubt = false;
  lane->items = 0;
  lane->more = false;
  lane->below.reset();
  lane->idle = idle_.end();
  lanes_.emplace(lane->key, lane);
  take_up(*lane, row.destination);
  return *lane;
}

void Window::push(Lane& lane, const journal::DeliveryRow& row, WaitReason why) {
  if (is_idle(lane)) {
    no_longer_idle(lane);
    take_up(lane, row.destination);
  }
  if (lane.items == 0) {
    lane.limiter = limiters_.find(*lane.queue, row.destination);
    if (lane.limiter != nullptr) ++lane.limiter->lanes;
  }
  ++lane.items;
  ++items_in_use_;
  lane.tail = row;
  scheduler_.enter(pool_.take(row, lane, {.loaded = time_.now, .before_head = why}));
}

void Window::lead_to(DestinationLimiter& limiter) {
  for (Lane& lane : lane_pool_) {
    if (lane.items == 0 || lane.limiter != nullptr || lane.tail.destination != limiter.destination) continue;
    lane.limiter = &limiter;
    ++limiter.lanes;
  }
}

void Window::lead_to_limiters() {
  for (Lane& lane : lane_pool_) {
    if (lane.items == 0 || lane.limiter != nullptr) continue;
    lane.limiter = limiters_.find(*lane.queue, lane.tail.destination);
    if (lane.limiter != nullptr) ++lane.limiter->lanes;
  }
}

void Window::complete(Item& item) {
  Lane& lane = *item.lane;
  give_back(item);
  scheduler_.free_lane(lane);
  if (lane.items > 0) return;
  if (lane.more || lane.below)
    drained_.push_back(&lane);
  else
    rest(lane);
}

void Window::evict(Item& item) {
  Lane& lane = *item.lane;
  take_all(item);
  close(lane);
}

void Window::drain(Item& item) {
  Lane& lane = *item.lane;
  lane.tail = item.row;
  take_all(item);
  drained_.push_back(&lane);
}

void Window::rest(Lane& lane) {
  if (lane.key.alone != 0) {
    close(lane);
    return;
  }
  leave_off(lane);
  if (spare_.empty()) spare_.emplace_back();
  lane.idle = spare_.begin();
  *lane.idle = &lane;
  idle_.splice(idle_.end(), spare_, lane.idle);
  ++lane.queue->idle_lanes;
}

void Window::no_longer_idle(Lane& lane) {
  spare_.splice(spare_.begin(), idle_, std::exchange(lane.idle, idle_.end()));
  --lane.queue->idle_lanes;
}

void Window::close(Lane& lane) {
  leave_off(lane);
  lanes_.erase(lane.key);
  free_lanes_.push_back(&lane);
}

void Window::forget(Lane& lane) {
  no_longer_idle(lane);
  lanes_.erase(lane.key);
  free_lanes_.push_back(&lane);
}

void Window::forget_idle(const QueueState& queue) {
  for (auto next = idle_.begin(); next != idle_.end();) {
    Lane& lane = **next++;
    if (lane.queue == &queue) forget(lane);
  }
}

std::vector<Item*> Window::send_off(const QueueState& queue) {
  forget_idle(queue);
  for (Lane& lane : lane_pool_)
    if (lane.items > 0 && lane.queue == &queue) lane.leaves = true;
  if (queue.host->gate == nullptr) return {};
  return queue.host->gate->take_leaving();
}

void Window::take_all(Item& item) {
  Lane& lane = *item.lane;
  for (Item* waiting : scheduler_.take_back(lane)) give_back(*waiting);
  give_back(item);
  scheduler_.free_lane(lane);
}

void Window::give_back(Item& item) {
  Lane& lane = *item.lane;
  --items_in_use_;
  if (--lane.items == 0 && lane.limiter != nullptr) --std::exchange(lane.limiter, nullptr)->lanes;
  pool_.give_back(item);
}

void Window::take_up(Lane& lane, DestinationNo destination) {
  ++lane.queue->lanes;
  ++lanes_in_use_;
  HostState& host = *lane.host;
  if (host.lanes++ == 0) host.gate = &scheduler_.gates().take(host.may_be_ahead());
  lane.share = &host.gate->open_lane(destination, time_.steady);
}

void Window::leave_off(Lane& lane) {
  lane.more = lane.in_doubt = false;
  lane.below.reset();
  --lane.queue->lanes;
  --lanes_in_use_;
  HostState& host = *lane.host;
  host.gate->close_lane(*std::exchange(lane.share, nullptr));
  if (--host.lanes == 0) scheduler_.gates().give_back(*std::exchange(host.gate, nullptr));
}

}  // namespace dispatch::flow
