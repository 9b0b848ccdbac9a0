#pragma once

#include "event/ids.hpp"

#include <deque>
#include <utility>

namespace dispatch::flow {

/// Positions of events, as ranges in their order: what one process has appended is mostly consecutive, and
/// what it repeats lies anywhere.
class PositionRanges {
 public:
  void add(Position position);
  /// Contains every position, present and future.
  void add_all();
  const std::deque<std::pair<Position, Position>>& ranges() const { return ranges_; }
  /// Forgets everything below `position`.
  void drop_below(Position position);

 private:
  std::deque<std::pair<Position, Position>> ranges_;
};

}  // namespace dispatch::flow
