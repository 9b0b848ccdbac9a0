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

/// What stands before a host's gate for one destination that is limited: by a rate, by a number of requests
/// at a time, because it has asked for time, or because it seems to be down. What waits here holds its lane,
/// and neither a permit nor a worker. At most `waiting_most` deliveries wait here; the pump passes over the
/// others, and reads them again when there is room.
struct DestinationLimiter {
  DestinationNo destination;
  QueueState* queue = nullptr;
  std::optional<policy::Pace> pace;  ///< where there is a rate, or a throttle
  bool throttled = false;            ///< it has asked for time, or was down
  std::optional<std::size_t> concurrency;
  policy::Circuit::State circuit = policy::Circuit::State::closed;

  std::size_t waiting_most = std::numeric_limits<std::size_t>::max();
  std::deque<Item*> waiting;  ///< in order
  std::size_t held_back = 0;  ///< of those, counted as held back
  std::size_t passed = 0;     ///< released and not ended
  std::size_t lanes = 0;      ///< in the window, that lead here
  std::optional<Position>
      behind;  ///< above it deliveries were passed over, up to the delivery queue's cursor
  /// Retries behind that place, and looked at, were passed over.
  std::optional<journal::DuePlace> retries_behind;
  WaitReason behind_for = WaitReason::permit;  ///< what they were passed over for, the last of them

  /// Why it holds deliveries back.
  WaitReason holds_for() const {
    if (circuit != policy::Circuit::State::closed) return WaitReason::circuit;
    if (throttled) return WaitReason::throttle;
    return pace ? WaitReason::rate : WaitReason::permit;
  }
  bool full() const { return waiting.size() >= waiting_most; }
  /// True where what was passed over comes before `row`: retries, and what lies lower.
  bool gives_way(const journal::DeliveryRow& row) const {
    if (retries_behind)
      return row.state != DeliveryState::retry_wait || *retries_behind < journal::DuePlace::of(row);
    return row.state == DeliveryState::pending && behind && *behind < row.key.position;
  }
  /// True if deliveries that were passed over can be read again.
  bool catches_up() const { return (behind || retries_behind) && waiting.size() <= waiting_most / 2; }
  /// False if it holds nothing back and remembers nothing: a lane that starts now does not need it.
  bool limits() const {
    return pace || concurrency || circuit != policy::Circuit::State::closed || behind || retries_behind;
  }
};

}  // namespace dispatch::flow
