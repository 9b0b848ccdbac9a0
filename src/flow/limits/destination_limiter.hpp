#pragma once

#include "base/clock.hpp"
#include "event/ids.hpp"
#include "flow/observe/attempt_trace.hpp"
#include "journal/due_place.hpp"
#include "journal/rows.hpp"
#include "policy/breaker.hpp"
#include "policy/pace.hpp"

#include <cstddef>
#include <deque>
#include <limits>
#include <optional>

namespace dispatch::flow {

struct Item;
struct QueueState;

/// The queue in front of a host's gate for one limited destination. A destination is limited by a rate, by a
/// number of concurrent requests, because it has asked for time, or because it seems to be down. A waiting
/// delivery holds its lane, but no permit of its host. At most `waiting_most` deliveries wait here; the pump
/// passes over the others, and reads them again when there is room.
struct DestinationLimiter {
  DestinationNo destination;
  QueueState* queue = nullptr;
  std::optional<policy::Pace> pace;  ///< set for a rate or a throttle
  bool throttled = false;            ///< it has asked for time or was down
  std::optional<std::size_t> concurrency;
  policy::Circuit::State circuit = policy::Circuit::State::closed;

  std::size_t waiting_most = std::numeric_limits<std::size_t>::max();
  std::deque<Item*> waiting;  ///< in order
  std::size_t held_back = 0;  ///< number of waiting items that are counted as held back
  std::size_t passed = 0;     ///< number of items released and not ended
  std::size_t lanes = 0;      ///< number of lanes in the window that use this limiter
  /// Deliveries above this position, up to the delivery queue's cursor, were passed over.
  std::optional<Position> behind;
  /// Retries behind this place that the pump has read were passed over.
  std::optional<journal::DuePlace> retries_behind;
  WaitReason behind_for = WaitReason::permit;  ///< why the last of them was passed over

  /// Why the limiter holds deliveries back.
  WaitReason holds_for() const {
    if (circuit != policy::Circuit::State::closed) return WaitReason::circuit;
    if (throttled) return WaitReason::throttle;
    return pace ? WaitReason::rate : WaitReason::permit;
  }
  bool full() const { return waiting.size() >= waiting_most; }
  /// True if deliveries that were passed over come before `row`: retries, and deliveries at lower positions.
  bool gives_way(const journal::DeliveryRow& row) const {
    if (retries_behind)
      return row.state != DeliveryState::retry_wait || *retries_behind < journal::DuePlace::of(row);
    return row.state == DeliveryState::pending && behind && *behind < row.key.position;
  }
  /// True if deliveries that were passed over can be read again.
  bool catches_up() const { return (behind || retries_behind) && waiting.size() <= waiting_most / 2; }
  /// False if nothing limits the destination and nothing was passed over: a new lane does not need it.
  bool limits() const {
    return pace || concurrency || circuit != policy::Circuit::State::closed || behind || retries_behind;
  }
};

}  // namespace dispatch::flow
