#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statement.hpp"

#include <optional>
#include <vector>

namespace dispatch::journal {

/// Reads along a lane: the deliveries of one entity to one destination, by sequence number. The deliveries
/// that are done are always the lowest of their lane, as none is begun before the one below it is done.
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
  std::optional<DeliveryRow> in_lane_at(const DeliveryRow& row, Position position);
  bool is_disordered(EntityNo entity);

  Statement delivery_, below_, above_, gap_below_, gap_above_, disordered_, first_position_;
};

}  // namespace dispatch::journal
