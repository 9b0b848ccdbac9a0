#pragma once

#include "event/ids.hpp"

#include <deque>
#include <utility>

namespace dispatch::flow {

/// A set of event positions, stored as sorted ranges: positions appended by one process are mostly
/// consecutive, and those of duplicates are anywhere.
class PositionRanges {
 public:
  void add(Position position);
  /// Makes the set contain every position, present and future.
  void add_all();
  const std::deque<std::pair<Position, Position>>& ranges() const { return ranges_; }
  /// Removes all positions below `position`.
  void drop_below(Position position);

 private:
  std::deque<std::pair<Position, Position>> ranges_;
};

}  // namespace dispatch::flow
