#pragma once

#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/pump/candidate.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <span>
#include <vector>

namespace dispatch::flow {

/// Loads deliveries from the journal into the lanes of the window, or passes over them if they are not first
/// in their lane or must wait for room at a destination limiter. A delivery that was passed over is read
/// again later: a drained lane asks the journal, and the limiter and its delivery queue keep the lowest place
/// from which to read again. Deliveries at one limiter go in order of position, so that no lane keeps its
/// place for ever.
///
/// PredecessorReader asks first, for a whole batch of candidates, so that loading asks the journal nothing.
/// Used by the dispatcher's thread, inside its turn.
class LaneLoader {
 public:
  LaneLoader(DestinationLimiters& limiters, Window& window, DeliveryQueues& queues)
      : limiters_(limiters), window_(window), queues_(queues) {}

  enum class Loaded {
    done,       ///< loaded, or passed over with its place noted
    no_room,    ///< the window has no room; the caller must keep it
    not_asked,  ///< its predecessor was not read; the caller must keep it
  };
  /// Loads a pending delivery.
  Loaded load_pending(const Candidate& candidate, Found how);
  /// Loads a due retry.
  Loaded load_retry(const Candidate& candidate);
  /// Loads the first open delivery of a lane that was woken, in any state, unless its delivery queue is
  /// paused.
  void load_woken(const Candidate& candidate);
  /// Loads `rows`, which come next in a drained lane that the caller took out of Window::drained(); the
  /// caller asked for at most `limit` rows.
  void load_next(Lane& lane, const std::vector<journal::DeliveryRow>& rows, std::size_t limit);

  /// Notes `row`, which comes next in a lane that has left the window, for reading once its delivery queue is
  /// resumed or has moved.
  void read_when_open(QueueState& queue, const journal::DeliveryRow& row);
  /// Notes `row` for reading again when the limiter has room.
  void leave_behind(DestinationLimiter& limiter, const journal::DeliveryRow& row);
  /// True if nothing more may be loaded into the lane.
  static bool leaves(const Lane& lane);
  /// True if `row` would be passed over, now and after loading anything else.
  bool would_pass_over(QueueState& queue, const journal::DeliveryRow& row);

  /// What is loaded from now on has waited at this limiter; null: at none.
  void catch_up(const DestinationLimiter* limiter) { catching_up_ = limiter; }

 private:
  void load_behind(Lane& lane, const Candidate& candidate);
  static void pass_over(Lane& lane, const journal::DeliveryRow& row);
  Lane* find_in_use(const journal::DeliveryRow& row);
  Lane& load(QueueState& queue, const journal::DeliveryRow& row);
  void load(Lane& lane, const journal::DeliveryRow& row);
  WaitReason waited_for(const journal::DeliveryRow& row) const;
  bool is_passed_over(QueueState& queue, const journal::DeliveryRow& row);
  bool gives_way(QueueState& queue, const journal::DeliveryRow& row);

  DestinationLimiters& limiters_;
  Window& window_;
  DeliveryQueues& queues_;
  const DestinationLimiter* catching_up_ = nullptr;
};

}  // namespace dispatch::flow
