#pragma once

#include "journal/rows.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dispatch::journal {

/// A delivery in flight that has no row: the turn that made it also began it, for the first time.
struct UnwrittenDelivery {
  DestinationNo destination;
  EntityNo entity;  ///< 0: none
  SequenceNumber sequence;
  WallTime began_at{};
  std::int64_t began_turn = 0;

  DeliveryRow row(const DeliveryKey& key) const {
    return {.key = key,
            .destination = destination,
            .entity = entity,
            .sequence = sequence,
            .state = DeliveryState::in_flight,
            .attempts = 1,
            .state_at = began_at};
  }
};

/// Finds deliveries in flight that have no row, as far as this object knows: another one may have taken a
/// delivery over and given it a row, which then decides.
class UnwrittenDeliveries {
 public:
  virtual ~UnwrittenDeliveries() = default;

  /// Nothing if the delivery is not one of them.
  virtual std::optional<UnwrittenDelivery> unwritten(const DeliveryKey& key) = 0;
  /// Those of a delivery queue above a position, in order.
  virtual std::vector<DeliveryRow> unwritten_above(QueueNo queue, Position after) = 0;
  /// The first of them from `from` to `to`, and the others of the same event, in order.
  virtual std::vector<DeliveryRow> first_unwritten(Position from, Position to) = 0;
};

}  // namespace dispatch::journal
