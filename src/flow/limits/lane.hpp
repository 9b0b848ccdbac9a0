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

// The content of the window: deliveries in their lanes, and the hosts and delivery queues of these lanes.

namespace dispatch::flow {

struct Lane;

/// One entity at one destination or in one subscription, in one generation; or a single delivery without
/// entity.
struct LaneKey {
  std::int64_t entity = 0;
  std::int64_t queue = 0;  ///< a destination; negative: a subscription
  std::int64_t generation = 0;
  std::int64_t alone = 0;  ///< position of a delivery without entity, else 0

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
  std::uint64_t ticket = 0;              ///< the attempt under way; 0 while it waits in the window
  PermitKind permit = PermitKind::none;  ///< set from its release by the limiter until its attempt has ended
  Timestamps timestamps{};
  std::optional<SteadyTime> left = {};  ///< when its request was sent, if a rate counts it
};

/// A host, whose delivery queues share a gate. Only a host with work has a gate.
struct HostState {
  std::uint32_t number = 0;  ///< as in Outgoing::host
  std::uint32_t rated = 0;   ///< number of its delivery queues with a rate
  HostGate* gate = nullptr;  ///< set while lanes > 0
  std::size_t lanes = 0;     ///< number of busy and drained lanes of its delivery queues
  std::size_t queues = 0;    ///< number of known delivery queues with this host

  /// False if a rate applies: a delivery that is committed ahead waits in LimitedTransport, and a rate cannot
  /// see when it is sent.
  bool may_be_ahead() const { return rated == 0; }
};

/// A delivery queue that the run knows.
struct QueueState {
  journal::DeliveryQueue row;
  HostState* host = nullptr;
  HostState* rated = nullptr;  ///< the host that counts the rate of this delivery queue; null: none
  std::shared_ptr<const DeliveryPolicy> policy;  ///< never null
  Position cursor;                               ///< the scan has read everything up to it
  Position stored_low_watermark;                 ///< row.low_watermark as stored in the journal
  std::int64_t stored_last_wakeup = 0;           ///< row.last_wakeup as stored in the journal
  bool more = true;                              ///< true: there may be deliveries above the cursor
  std::optional<bool> several = {};              ///< true: it has several destinations; nothing: not read yet
  /// True: it has several destinations, and some of the host's are slow. Of a destination
  /// that is not quick, only a part of the window's lanes is loaded; reading passes over the others.
  bool crowded = false;
  bool listed = false;    ///< true: it is in the pump's list of delivery queues to read
  std::size_t lanes = 0;  ///< number of its busy and drained lanes
  std::size_t idle_lanes = 0;
  std::size_t under_way = 0;      ///< number of deliveries begun and not settled
  std::optional<WallTime> due;    ///< when the next unread retry is due
  journal::DuePlace due_seen;     ///< retries up to this place were read
  std::optional<WallTime> asked;  ///< when it was resumed, until one of its circuits was tried for that

  bool is_direct() const { return row.subscription == SubscriptionNo{}; }
};

/// A lane in the window. It is busy while it holds items. Without items it is drained if the journal must be
/// asked what comes next, or idle if everything up to its tail is done. An idle lane is kept for that
/// knowledge.
struct Lane {
  LaneKey key;
  QueueState* queue = nullptr;
  HostState* host = nullptr;                 ///< the host whose gate it uses
  Scheduler::SerialQueue* serial = nullptr;  ///< its waiting items
  HostGate::Share* share = nullptr;          ///< its share of that gate, while it is busy or drained
  DestinationLimiter* limiter = nullptr;     ///< in front of the gate, while it holds items; null: none
  journal::DeliveryRow tail;                 ///< the last row loaded; a drained lane is read from here
  std::size_t items = 0;
  /// True: the journal may have more deliveries of the lane. They are read when the lane has no items.
  bool more = false;
  std::optional<Position> below;  ///< the lowest position passed over that may go before loaded ones
  /// True: the journal refused to begin the lane's head. If nothing comes next, deliveries still wait.
  bool in_doubt = false;
  /// True: its delivery queue has another URL now. The lane leaves the window when its current item does.
  bool leaves = false;
  std::list<Lane*>::iterator idle;  ///< its place in the list of idle lanes, if it is idle
};

}  // namespace dispatch::flow
