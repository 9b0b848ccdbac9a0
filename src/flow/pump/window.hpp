#pragma once

#include "flow/limits/destination_limiters.hpp"
#include "flow/limits/lane.hpp"
#include "flow/limits/scheduler.hpp"
#include "flow/rules/turn_time.hpp"
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

/// Items with stable addresses; memory is reused.
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
  /// Moves due times after the wall clock was set by `by`, like those in the journal.
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
  Window(Scheduler& scheduler, DestinationLimiters& limiters, const WindowLimits& limits,
         const TurnTime& time)
      : scheduler_(scheduler), limiters_(limiters), limits_(limits), time_(time) {}

  const WindowLimits& limits() const { return limits_; }
  /// True if the window has room for one more lane of this delivery queue.
  bool has_room(const QueueState& queue) const { return room(queue) > 0; }
  /// The number of additional lanes of this delivery queue for which the window has room.
  std::size_t room(const QueueState& queue) const;
  /// The number of additional lanes, of any delivery queue, for which the window has room.
  std::size_t room() const { return limits_.lanes - std::min(limits_.lanes, lanes_in_use_); }
  bool lane_has_room(const Lane& lane) const;
  /// True if further deliveries to this destination must be passed over: the delivery queue is crowded, the
  /// destination is not known to be quick, and it has many lanes. So slow destinations do not fill the window
  /// in front of others.
  bool crowds(const QueueState& queue, DestinationNo destination) const;
  /// True if there is room again for several lanes to a destination that was crowded out.
  bool crowds_no_more(const QueueState& queue, DestinationNo destination) const;
  /// True if a destination of the delivery queue's host is slow.
  bool has_slow(const QueueState& queue) const;
  std::size_t items() const { return items_in_use_; }
  /// The number of busy lanes.
  std::size_t lanes() const { return lanes_in_use_ - drained_.size(); }

  /// Null if the lane is not in the window.
  Lane* find(const LaneKey& key);
  bool is_idle(const Lane& lane) const { return lane.idle != idle_.end(); }
  /// Opens a lane for `row`, which is not in the window; there must be room. The caller must push an item at
  /// once.
  Lane& open(QueueState& queue, const journal::DeliveryRow& row);
  /// Appends `row` to the lane and hands it to the scheduler; it waited for `why` until now.
  void push(Lane& lane, const journal::DeliveryRow& row, WaitReason why);

  /// Redirects lanes to the destination of this limiter, if they lead past it, to the limiter.
  void lead_to(DestinationLimiter& limiter);
  /// Does this for all limiters, after a policy change.
  void lead_to_limiters();

  /// Ends the item that holds its lane; the lane goes on.
  void complete(Item& item);
  /// Removes the item that holds its lane, and the whole lane, from the window.
  void evict(Item& item);
  /// Removes the item that holds its lane; the lane becomes drained, because the journal knows what comes
  /// next.
  void drain(Item& item);

  /// Lanes for which the journal must be asked what comes next. The caller takes a lane out of the list, and
  /// then calls push(), rest() or close() for it.
  std::vector<Lane*>& drained() { return drained_; }
  const std::vector<Lane*>& drained() const { return drained_; }
  /// Makes a lane idle that was taken out of drained() and has nothing more.
  void rest(Lane& lane);
  /// Removes a lane that was taken out of drained() from the window.
  void close(Lane& lane);

  /// Removes an idle lane from the window, because its information is out of date.
  void forget(Lane& lane);
  void forget_idle(const QueueState& queue);
  /// Removes all idle lanes of the delivery queue; its busy lanes leave with their items. Returns the items
  /// that waited at the host's gate, in order: each holds its lane.
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

  Scheduler& scheduler_;
  DestinationLimiters& limiters_;
  const WindowLimits limits_;
  const TurnTime& time_;
  std::unordered_map<LaneKey, Lane*, LaneKeyHash> lanes_;
  std::deque<Lane> lane_pool_;
  std::vector<Lane*> free_lanes_;
  std::list<Lane*> idle_;   ///< the lane that is idle for longest is first
  std::list<Lane*> spare_;  ///< elements of that list, to be used again
  std::vector<Lane*> drained_;
  ItemPool pool_;
  std::size_t items_in_use_ = 0;
  std::size_t lanes_in_use_ = 0;  ///< busy and drained ones
};

}  // namespace dispatch::flow
