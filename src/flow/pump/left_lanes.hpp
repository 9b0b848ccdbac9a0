#pragma once

#include "base/error.hpp"
#include "flow/pump/lane_loader.hpp"
#include "journal/journal.hpp"

#include <vector>

namespace dispatch::flow {

/// Lanes that have left the window with more to come, which the journal knows: it is asked once for all of
/// them. Used by the dispatcher's thread, inside its turn.
class LeftLanes {
 public:
  LeftLanes(journal::Journal& journal, LaneLoader& loader) : journal_(journal), loader_(loader) {}

  /// What comes next in the lane of `row`, up to the first gap, is read when its delivery queue is open.
  void read_when_open(QueueState& queue, const journal::DeliveryRow& row) {
    left_.push_back({&queue, nullptr});
    rows_.push_back(row);
  }
  /// Where it is pending, it is read when there is room at the limiter. The limiter must live until ask().
  void read_behind(DestinationLimiter& limiter, const journal::DeliveryRow& row) {
    left_.push_back({limiter.queue, &limiter});
    rows_.push_back(row);
  }

  /// Asks the journal, and remembers from where to read. Each turn calls it before it saves its progress.
  Result<> ask();

 private:
  struct Left {
    QueueState* queue;
    DestinationLimiter* limiter;  // null: when the delivery queue is open
  };
  journal::Journal& journal_;
  LaneLoader& loader_;
  std::vector<Left> left_;
  std::vector<journal::DeliveryRow> rows_;  ///< where each of them was left
};

}  // namespace dispatch::flow
