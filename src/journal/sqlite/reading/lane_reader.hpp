#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <optional>
#include <vector>

namespace dispatch::journal {

/// Reads along a lane: the deliveries of one entity to one destination, or to one subscription whatever its
/// URL, of one generation, by sequence number.
///
/// A direct lane is read along the stream of its entity, which it mostly shares event for event. In it all
/// below a delivery that was begun is done. What was cancelled before it was begun may lie above what is
/// open, and is passed over. In sparse lanes many events of the stream may be missing, and a fan-out may put
/// deliveries below those that are done: an index has what is open in them.
class LaneReader {
 public:
  explicit LaneReader(SQLite::Database& database);

  /// Journal::predecessor.
  Predecessor predecessor(const DeliveryRow& row);
  /// Journal::open_in_lane.
  std::vector<DeliveryRow> open_in_lane(const DeliveryRow& row, std::size_t limit);
  /// Journal::head.
  std::optional<DeliveryRow> head(const DeliveryKey& key);
  /// Journal::all_open_in_lane.
  std::vector<DeliveryRow> all_open(const DeliveryKey& key);

 private:
  std::optional<DeliveryRow> read(const DeliveryKey& key);
  std::optional<DeliveryRow> nearest_below(const DeliveryRow& row, bool disordered);
  std::optional<DeliveryRow> open_below(const DeliveryRow& row, bool disordered);
  std::optional<DeliveryRow> in_lane_at(const DeliveryRow& row, Position position);
  DeliveryRow lowest_open_from(DeliveryRow row);
  bool is_disordered(EntityNo entity);
  bool is_lowered(EntityNo entity);

  /// Calls `each` with what is open in the lane below the number `until`, in order, until it returns false;
  /// in a lane that is not sparse from `row` on.
  template <class Each>
  void each_open(const DeliveryRow& row, std::int64_t until, Each each);

  Statement delivery_, below_, from_, sparse_open_below_, sparse_open_, gap_below_, gap_above_, disordered_,
      first_position_;
};

}  // namespace dispatch::journal
