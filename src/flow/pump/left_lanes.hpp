#pragma once

#include "base/error.hpp"
#include "flow/pump/lane_loader.hpp"
#include "journal/journal.hpp"

#include <vector>

namespace dispatch::flow {

/// Lanes that have left the window before their end. The journal is asked once for all of them what comes
/// next. Used by the dispatcher's thread, inside its turn.
class LeftLanes {
 public:
  LeftLanes(journal::Journal& journal, LaneLoader& loader) : journal_(journal), loader_(loader) {}

  /// Notes the lane of `row`: what comes next in it, up to the first gap, is read once its delivery queue is
  /// resumed.
  void read_when_open(QueueState& queue, const journal::DeliveryRow& row) {
    left_.push_back({&queue, nullptr});
    rows_.push_back(row);
  }
  /// Notes the lane of `row`: if its next delivery is pending, it is read when the limiter has room. The
  /// limiter must live until ask().
  void read_behind(DestinationLimiter& limiter, const journal::DeliveryRow& row) {
    left_.push_back({limiter.queue, &limiter});
    rows_.push_back(row);
  }

  /// Asks the journal, and notes where to read. Each turn calls it before it saves its progress.
  Result<> ask();

 private:
  struct Left {
    QueueState* queue;
    DestinationLimiter* limiter;  // null: wait until the delivery queue is resumed
  };
  journal::Journal& journal_;
  LaneLoader& loader_;
  std::vector<Left> left_;
  std::vector<journal::DeliveryRow> rows_;  ///< the last row of each lane
};

}  // namespace dispatch::flow
