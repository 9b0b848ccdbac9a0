#pragma once

#include "flow/limits/destination_limiters.hpp"
#include "flow/limits/graph.hpp"
#include "flow/limits/lane.hpp"
#include "flow/rules/window_limits.hpp"
#include "journal/rows.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace dispatch::flow {

/// Items with stable addresses, reused.
class ItemPool {
 public:
  Item& take(const journal::DeliveryRow& row, Lane& lane, const Timestamps& timestamps) {
    if (free_.empty()) {
      free_.push_back(&items_.emplace_back());
    }
    Item& item = *free_.back();
    free_.pop_back();
    item = {row, &lane, 0, PermitKind::none, timestamps, std::nullopt};
    return item;
  }
  void give_back(Item& item) {
    item.lane = nullptr;
    free_.push_back(&item);
  }
  /// The wall clock was set by `by`, and the due times in the journal with it.
  void move_due(std::chrono::microseconds by) {
    for (Item& item : items_)
      if (item.row.state == DeliveryState::retry_wait) item.row.state_at += by;
  }
  /// Calls `visit` with every item in use.
  template <class Visit>
  void each(Visit visit) const {
    for (const Item& item : items_)
      if (item.lane != nullptr) visit(item);
  }

 private:
  std::deque<Item> items_;
  std::vector<Item*> free_;
};

/// The lanes that are in memory, and what waits in them. Used by the dispatcher's thread.
class Window {
 public:
  Window(Graph& graph, DestinationLimiters& limiters, const WindowLimits& limits)
      : graph_(graph), limiters_(limiters), limits_(limits) {}

  const WindowLimits& limits() const { return limits_; }
  /// True if the window has room for one more lane of this delivery queue.
  bool has_room(const QueueState& queue) const { return room(queue) > 0; }
  /// For so many more lanes of this delivery queue the window has room.
  std::size_t room(const QueueState& queue) const;
  /// For so many more lanes in all.
  std::size_t room() const { return limits_.lanes - std::min(limits_.lanes, lanes_in_use_); }
  bool lane_has_room(const Lane& lane) const;
  /// True where the delivery queue is crowded and so many lanes lead to this destination, which is not known
  /// to be quick, that what is read of it is passed over: others may stand behind it. So the lanes of slow
  /// ones take no more room than they have use for.
  bool crowds(const QueueState& queue, DestinationNo destination) const;
  /// True if there is room again for several lanes to a destination that was crowded out.
  bool crowds_no_more(const QueueState& queue, DestinationNo destination) const;
  /// True where a destination of the delivery queue's host is slow.
  bool has_slow(const QueueState& queue) const;
  std::size_t items() const { return items_in_use_; }
  /// The number of busy lanes.
  std::size_t lanes() const { return lanes_in_use_ - drained_.size(); }

  /// Null where the lane is not in the window.
  Lane* find(const LaneKey& key);
  bool is_idle(const Lane& lane) const { return lane.idle != idle_.end(); }
  /// Takes a lane for `row`, which is not in the window; there must be room. It is to get an item at once.
  Lane& open(QueueState& queue, const journal::DeliveryRow& row);
  /// Puts `row` at the end of the lane and into the graph; it waited for `why` until now.
  void push(Lane& lane, const journal::DeliveryRow& row, WaitReason why);

  /// Lanes to the destination of this limiter that lead past it lead there from now on.
  void lead_to(DestinationLimiter& limiter);
  /// The same of all limiters that there are by now, or should be: another policy holds.
  void lead_to_limiters();

  /// The item that holds its lane is done, and the lane goes on.
  void complete(Item& item);
  /// The item that holds its lane is not done: it leaves the window, and the whole lane with it.
  void evict(Item& item);
  /// The same, but the lane is drained: the journal knows what comes next in it.
  void drain(Item& item);

  /// Lanes whose turn it is to be asked for. The caller takes them out, and pushes what comes next, or:
  std::vector<Lane*>& drained() { return drained_; }
  const std::vector<Lane*>& drained() const { return drained_; }
  /// a lane that was taken out has nothing more: it is idle,
  void rest(Lane& lane);
  /// or leaves the window.
  void close(Lane& lane);

  /// An idle lane leaves the window: what is known of it does not hold any more.
  void forget(Lane& lane);
  void forget_idle(const QueueState& queue);
  /// The same of all its idle lanes; its busy ones leave with what holds them. Returns what waited at its
  /// host's gate, in order: each holds its lane.
  std::vector<Item*> send_off(const QueueState& queue);

  /// As ItemPool::move_due().
  void move_due(std::chrono::microseconds by) { pool_.move_due(by); }

  /// Calls `visit` with every item.
  template <class Visit>
  void each_item(Visit visit) const {
    pool_.each(visit);
  }
  /// Calls `visit` with every busy lane.
  template <class Visit>
  void each_busy(Visit visit) const {
    for (const Lane& lane : lane_pool_)
      if (lane.items > 0) visit(lane);
  }

 private:
  std::size_t lanes_most(const QueueState& queue) const;
  std::size_t lanes_most_of_slow(const QueueState& queue) const;
  const HostGate::Share* not_quick(const QueueState& queue, DestinationNo destination) const;
  void give_back(Item& item);
  void take_all(Item& item);
  void take_up(Lane& lane, DestinationNo destination);
  void leave_off(Lane& lane);
  void no_longer_idle(Lane& lane);

  Graph& graph_;
  DestinationLimiters& limiters_;
  const WindowLimits limits_;
  std::unordered_map<LaneKey, Lane*, LaneKeyHash> lanes_;
  std::deque<Lane> lane_pool_;
  std::vector<Lane*> free_lanes_;
  std::list<Lane*> idle_;  ///< the longest idle first
  std::vector<Lane*> drained_;
  ItemPool pool_;
  std::size_t items_in_use_ = 0;
  std::size_t lanes_in_use_ = 0;  ///< busy and drained ones
};

}  // namespace dispatch::flow
