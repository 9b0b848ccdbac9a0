#pragma once

#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <optional>

namespace dispatch::flow {

/// Loads deliveries that were read from the journal into the lanes of the window, or passes over them: what
/// is not first in its lane, and what has to wait for room at its destination's limiter. What it passes over
/// comes back by itself: the lane asks the journal when it is drained, and the limiter and its delivery queue
/// keep the lowest place from which to read again. Deliveries at one limiter go in the order of their
/// positions, so that no lane keeps its place for ever. Used by the dispatcher's thread, inside its turn.
class LaneLoader {
 public:
  LaneLoader(journal::Journal& journal, DestinationLimiters& limiters, Window& window, DeliveryQueues& queues)
      : journal_(journal), limiters_(limiters), window_(window), queues_(queues) {}

  enum class Found {
    arrived,  ///< the turn has made it
    read,     ///< in the journal
  };
  /// A pending delivery.
  Result<> place(QueueState& queue, const journal::DeliveryRow& row, Found how);
  /// A retry that is due. False where there is no room for it.
  Result<bool> place_retry(QueueState& queue, const journal::DeliveryRow& row);
  /// The first open delivery of a lane that was woken, in any state.
  Result<> place_woken(QueueState& queue, const journal::DeliveryRow& row);
  /// What comes next in a lane that is drained, and was taken out of Window::drained().
  Result<> load_next(Lane& lane);

  /// The lane of `row` leaves the window while its delivery queue is paused, or goes elsewhere.
  Result<> read_when_open(QueueState& queue, const journal::DeliveryRow& row);
  /// What comes next in the lane of `row` by the journal, up to the first gap.
  Result<std::optional<journal::DeliveryRow>> next_in_lane(const journal::DeliveryRow& row);
  /// `row` is read again when there is room at the limiter.
  void leave_behind(DestinationLimiter& limiter, const journal::DeliveryRow& row);
  /// True where nothing more is loaded into the lane.
  static bool leaves(const Lane& lane);

  /// What is loaded from now on has waited at this limiter; null: at none.
  void catch_up(const DestinationLimiter* limiter) { catching_up_ = limiter; }

 private:
  Result<> place_behind(Lane& lane, const journal::DeliveryRow& row);
  static void pass_over(Lane& lane, const journal::DeliveryRow& row);
  Lane* find_in_use(const journal::DeliveryRow& row);
  Lane& load(QueueState& queue, const journal::DeliveryRow& row);
  void load(Lane& lane, const journal::DeliveryRow& row);
  WaitReason waited_for(const journal::DeliveryRow& row) const;
  bool is_passed_over(QueueState& queue, const journal::DeliveryRow& row);
  bool gives_way(QueueState& queue, const journal::DeliveryRow& row);

  journal::Journal& journal_;
  DestinationLimiters& limiters_;
  Window& window_;
  DeliveryQueues& queues_;
  const DestinationLimiter* catching_up_ = nullptr;
};

}  // namespace dispatch::flow
