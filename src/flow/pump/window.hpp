#pragma once

#include "flow/limits/graph.hpp"
#include "flow/limits/valves.hpp"
#include "flow/observe/story.hpp"
#include "flow/rules/terms.hpp"
#include "flow/rules/window_limits.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace dispatch::flow {

struct Lane;

/// One entity at one destination or in one subscription, in one generation; or a single delivery without
/// entity.
struct LaneKey {
  std::int64_t entity = 0;
  std::int64_t queue = 0;  ///< a destination; below 0 a subscription
  std::int64_t generation = 0;
  std::int64_t alone = 0;  ///< the position of a delivery without entity, else 0

  static LaneKey of(const journal::DeliveryRow& row) {
    const bool has_entity = row.entity != EntityNo{};
    const bool direct = row.subscription == SubscriptionNo{};
    return {row.entity.value(), direct ? row.destination.value() : -row.subscription.value(),
            row.key.generation, has_entity ? 0 : row.key.position.value()};
  }
  friend bool operator==(const LaneKey&, const LaneKey&) = default;
};

struct LaneKeyHash {
  std::size_t operator()(const LaneKey& key) const noexcept {
    std::uint64_t hash = 0x9E3779B97F4A7C15;
    for (const auto part : {key.entity, key.queue, key.generation, key.alone}) {
      hash ^= static_cast<std::uint64_t>(part);
      hash *= 0xBF58476D1CE4E5B9;
      hash ^= hash >> 29;
    }
    return hash;
  }
};

/// A delivery in the window.
struct Item {
  journal::DeliveryRow row;
  Lane* lane = nullptr;
  std::uint64_t ticket = 0;  ///< the attempt under way; 0 while it waits in the graph
  Pass pass = Pass::none;    ///< from when it is let through by its valve until its attempt has ended
  Stamps stamps{};
  std::optional<SteadyTime> left = {};  ///< when its request left, where a rate counts it
};

/// What is known of a host, whose gate its outlets share. Only one with something to do has a gate.
struct HostState {
  std::uint32_t number = 0;  ///< Outgoing::host
  std::uint32_t rated = 0;   ///< of its outlets: so many have a rate
  HostGate* gate = nullptr;  ///< while lanes > 0
  std::size_t lanes = 0;     ///< of its outlets that are busy or drained
  std::size_t outlets = 0;   ///< that are known and go there

  /// What is ahead waits at the transport, where no rate sees when it leaves.
  std::size_t ahead(const WindowLimits& limits) const { return rated == 0 ? limits.ahead : 0; }
};

/// What is known of an outlet while the run lasts.
struct OutletState {
  journal::Outlet outlet;
  HostState* host = nullptr;
  HostState* rated = nullptr;          ///< where a rate of this outlet is counted
  std::shared_ptr<const Terms> terms;  ///< never null
  Position cursor;                     ///< the scan has passed everything at or below
  Position stored_low;                 ///< outlet.low as the journal has it
  bool more = true;                    ///< there may be deliveries above the cursor
  std::optional<bool> several = {};    ///< destinations are in the journal; nothing: it is to be asked
  bool crowded = false;   ///< several, and some of the host are slow: what is read passes them over
  bool listed = false;    ///< stands in the pump's list of outlets to be read
  std::size_t lanes = 0;  ///< of this outlet that are busy or drained
  std::size_t idle_lanes = 0;
  std::size_t under_way = 0;      ///< deliveries begun and not settled
  std::optional<WallTime> due;    ///< when the next retry that was not looked at is due
  journal::DuePlace due_seen;     ///< retries up to there were looked at
  std::optional<WallTime> asked;  ///< when it was opened again, until one of its circuits was asked for that

  bool is_direct() const { return outlet.subscription == SubscriptionNo{}; }
};

/// A lane in the window. It is busy while it holds items. Without them it is drained, where the journal is to
/// be asked what comes next in it, or idle, where all up to its tail is done, and kept to know that.
struct Lane {
  LaneKey key;
  OutletState* outlet = nullptr;
  HostState* host = nullptr;  ///< whose gate it leads to
  Graph::LaneNodes* nodes = nullptr;
  HostGate::Share* share = nullptr;  ///< of that gate, while it is busy or drained
  Valve* valve = nullptr;            ///< what it leads to before the gate, while it holds items
  journal::DeliveryRow tail;  ///< the last one loaded; of a drained lane from where on it is to be read
  std::size_t items = 0;
  bool more = false;  ///< deliveries were passed over that wait for the items; ask the journal when drained
  std::optional<Position> below;  ///< the lowest of those passed over that may go before what is loaded
  bool in_doubt = false;  ///< the journal did not let its head go: where nothing comes next, something waits
  bool leaves = false;    ///< its outlet goes elsewhere by now: it leaves the window with what holds it
  std::list<Lane*>::iterator idle;  ///< its place among the idle, where it is one of them
};

/// Items with stable addresses, reused.
class ItemPool {
 public:
  Item& take(const journal::DeliveryRow& row, Lane& lane, const Stamps& stamps) {
    if (free_.empty()) {
      free_.push_back(&items_.emplace_back());
    }
    Item& item = *free_.back();
    free_.pop_back();
    item = {row, &lane, 0, Pass::none, stamps, std::nullopt};
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
  Window(Graph& graph, Valves& valves, const WindowLimits& limits)
      : graph_(graph), valves_(valves), limits_(limits) {}

  const WindowLimits& limits() const { return limits_; }
  /// For one more lane of this outlet.
  bool has_room(const OutletState& outlet) const;
  bool lane_has_room(const Lane& lane) const;
  /// True where the outlet is crowded and so many lanes lead to this destination, which is not known to be
  /// quick, that what is read of it is passed over: others may stand behind it. So the lanes of slow ones
  /// take no more room than they have use for.
  bool crowds(const OutletState& outlet, DestinationNo destination) const;
  /// It did so, and there is room for some more lanes to it: not for each one by itself.
  bool crowds_no_more(const OutletState& outlet, DestinationNo destination) const;
  /// True where a destination of the outlet's host is slow.
  bool has_slow(const OutletState& outlet) const;
  std::size_t items() const { return items_in_use_; }
  /// Those that are busy.
  std::size_t lanes() const { return lanes_in_use_ - drained_.size(); }

  /// Null where the lane is not in the window.
  Lane* find(const LaneKey& key);
  bool is_idle(const Lane& lane) const { return lane.idle != idle_.end(); }
  /// Takes a lane for `row`, which is not in the window; there must be room. It is to get an item at once.
  Lane& open(OutletState& outlet, const journal::DeliveryRow& row);
  /// Puts `row` at the end of the lane and into the graph; it waited for `why` until now.
  void push(Lane& lane, const journal::DeliveryRow& row, Hold why);

  /// Lanes to the destination of this valve that lead past it lead there from now on.
  void lead_to(Valve& valve);
  /// The same of all valves that there are by now, or should be: other terms hold.
  void lead_to_valves();

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
  void forget_idle(const OutletState& outlet);
  /// The same of all its idle lanes; its busy ones leave with what holds them. Returns what waited at its
  /// host's gate, in order: each holds its lane.
  std::vector<Item*> send_off(const OutletState& outlet);

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
  std::size_t lanes_most(const OutletState& outlet) const;
  std::size_t lanes_most_of_slow(const OutletState& outlet) const;
  const HostGate::Share* not_quick(const OutletState& outlet, DestinationNo destination) const;
  void give_back(Item& item);
  void take_all(Item& item);
  void take_up(Lane& lane, DestinationNo destination);
  void leave_off(Lane& lane);
  void no_longer_idle(Lane& lane);

  Graph& graph_;
  Valves& valves_;
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
