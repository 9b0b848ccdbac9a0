#pragma once

#include "base/clock.hpp"
#include "event/ids.hpp"
#include "flow/limits/host_gate.hpp"
#include "flow/limits/scheduler.hpp"
#include "flow/observe/attempt_trace.hpp"
#include "flow/rules/delivery_policy.hpp"
#include "journal/due_place.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

// What stands in the window: deliveries in their lanes, and what these lead to.

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
  std::uint64_t ticket = 0;  ///< the attempt under way; 0 while it waits in the window
  PermitKind permit =
      PermitKind::none;  ///< from when it is let through by its limiter until its attempt has ended
  Timestamps timestamps{};
  std::optional<SteadyTime> left = {};  ///< when its request left, where a rate counts it
};

/// What is known of a host, whose gate its delivery queues share. Only one with something to do has a gate.
struct HostState {
  std::uint32_t number = 0;  ///< Outgoing::host
  std::uint32_t rated = 0;   ///< the number of its delivery queues that have a rate
  HostGate* gate = nullptr;  ///< while lanes > 0
  std::size_t lanes = 0;     ///< of its delivery queues that are busy or drained
  std::size_t queues = 0;    ///< that are known and go there

  /// What is ahead waits above the transport, where no rate sees when it leaves.
  bool may_be_ahead() const { return rated == 0; }
};

/// What is known of a delivery queue while the run lasts.
struct QueueState {
  journal::DeliveryQueue row;
  HostState* host = nullptr;
  HostState* rated = nullptr;                    ///< where a rate of this delivery queue is counted
  std::shared_ptr<const DeliveryPolicy> policy;  ///< never null
  Position cursor;                               ///< the scan has passed everything at or below
  Position stored_low_watermark;                 ///< row.low_watermark as the journal has it
  std::int64_t stored_last_wakeup = 0;           ///< row.last_wakeup as the journal has it
  bool more = true;                              ///< there may be deliveries above the cursor
  std::optional<bool> several = {};  ///< destinations are in the journal; nothing: it is to be asked
  bool crowded = false;   ///< several, and some of the host are slow: what is read passes them over
  bool listed = false;    ///< stands in the pump's list of delivery queues to be read
  std::size_t lanes = 0;  ///< of this delivery queue that are busy or drained
  std::size_t idle_lanes = 0;
  std::size_t under_way = 0;      ///< deliveries begun and not settled
  std::optional<WallTime> due;    ///< when the next retry that was not looked at is due
  journal::DuePlace due_seen;     ///< retries up to there were looked at
  std::optional<WallTime> asked;  ///< when it was opened again, until one of its circuits was asked for that

  bool is_direct() const { return row.subscription == SubscriptionNo{}; }
};

/// A lane in the window. It is busy while it holds items. Without them it is drained, where the journal is to
/// be asked what comes next in it, or idle, where all up to its tail is done, and kept to know that.
struct Lane {
  LaneKey key;
  QueueState* queue = nullptr;
  HostState* host = nullptr;                 ///< whose gate it leads to
  Scheduler::SerialQueue* serial = nullptr;  ///< what waits in it
  HostGate::Share* share = nullptr;          ///< of that gate, while it is busy or drained
  DestinationLimiter* limiter = nullptr;     ///< what it leads to before the gate, while it holds items
  journal::DeliveryRow tail;  ///< the last one loaded; of a drained lane from where on it is to be read
  std::size_t items = 0;
  bool more = false;  ///< deliveries were passed over that wait for the items; ask the journal when drained
  std::optional<Position> below;  ///< the lowest of those passed over that may go before what is loaded
  bool in_doubt = false;  ///< the journal did not let its head go: where nothing comes next, something waits
  bool leaves = false;  ///< its delivery queue goes elsewhere by now: it leaves the window with what holds it
  std::list<Lane*>::iterator idle;  ///< its place among the idle, where it is one of them
};

}  // namespace dispatch::flow
