#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statement.hpp"

#include <optional>
#include <vector>

namespace dispatch::journal {

/// Reads along a lane: the deliveries of one entity to one destination of one generation, by sequence number.
/// Most are done from the lowest up, as none is begun before the one below it is done; only what a fan-out
/// brought later may lie open below what is done.
///
/// A direct lane is read along the stream of its entity, which it mostly shares event for event. In the lanes
/// of subscriptions and of replays many events of the stream may be missing: they have an index.
class LaneReader {
 public:
  explicit LaneReader(SQLite::Database& database);

  /// Journal::predecessor.
  Predecessor predecessor(const DeliveryRow& row);
  /// Journal::successors.
  std::vector<DeliveryRow> successors(const DeliveryRow& row, std::size_t limit);
  /// Journal::head.
  std::optional<DeliveryRow> head(const DeliveryKey& key);

 private:
  std::optional<DeliveryRow> read(const DeliveryKey& key);
  std::optional<DeliveryRow> nearest_below(const DeliveryRow& row, bool disordered);
  std::optional<DeliveryRow> sparsely_below(const DeliveryRow& row);
  std::optional<DeliveryRow> in_lane_at(const DeliveryRow& row, Position position);
  bool is_disordered(EntityNo entity);

  /// Calls `each` with what is in the lane of `row` above it and below the number `until`, in order, until it
  /// returns false.
  template <class Each>
  void each_above(const DeliveryRow& row, std::int64_t until, Each each);

  Statement delivery_, below_, above_, sparsely_below_, sparsely_above_, gap_below_, gap_above_, disordered_,
      first_position_;
};

}  // namespace dispatch::journal
