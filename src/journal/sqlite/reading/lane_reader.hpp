#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/reading/unwritten_deliveries.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <optional>
#include <vector>

namespace dispatch::journal {

/// Reads along a lane: the deliveries of one generation and one entity, to one destination or (with any URL)
/// to one subscription, ordered by sequence number.
///
/// A direct lane is read along the stream of its entity, because it has nearly the same events. In it,
/// everything below a delivery that was begun is done. A delivery that was cancelled before it was begun can
/// lie above an open one and is skipped. A sparse lane can lack many events of the stream, and a fan-out can
/// add deliveries below those that are done; an index lists its open deliveries.
class LaneReader {
 public:
  /// `unwritten`: null if every delivery has a row.
  explicit LaneReader(SQLite::Database& database, UnwrittenDeliveries* unwritten = nullptr);

  /// Implements Journal::predecessors for one delivery.
  Predecessor predecessor(const DeliveryRow& row);
  /// Implements Journal::open_in_lanes for one delivery.
  std::vector<DeliveryRow> open_in_lane(const DeliveryRow& row, std::size_t limit);
  /// Implements Journal::heads for one delivery.
  std::optional<DeliveryRow> head(const DeliveryKey& key);
  /// Implements Journal::all_open_in_lane.
  std::vector<DeliveryRow> all_open(const DeliveryKey& key);

 private:
  std::optional<DeliveryRow> read(const DeliveryKey& key);
  std::optional<DeliveryRow> nearest_below(const DeliveryRow& row, bool disordered);
  std::optional<DeliveryRow> open_below(const DeliveryRow& row, bool disordered);
  std::optional<DeliveryRow> in_lane_at(const DeliveryRow& row, Position position);
  DeliveryRow lowest_open_from(DeliveryRow row);
  bool is_disordered(EntityNo entity);
  bool is_lowered(EntityNo entity);

  /// Calls `each` for the open deliveries of the lane below the number `until`, in order, until `each`
  /// returns false. In a lane that is not sparse it begins at `row`.
  template <class Each>
  void each_open(const DeliveryRow& row, std::int64_t until, Each each);

  UnwrittenDeliveries* unwritten_;
  Statement delivery_, below_, from_, sparse_open_below_, sparse_open_, gap_below_, gap_above_, disordered_,
      first_position_;
};

}  // namespace dispatch::journal
