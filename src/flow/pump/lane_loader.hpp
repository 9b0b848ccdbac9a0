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

/// Loads deliveries that were read from the journal into the lanes of the window, or passes over them: what
/// is not first in its lane, and what has to wait for room at its destination's limiter. What it passes over
/// comes back by itself: the lane asks the journal when it is drained, and the limiter and its delivery queue
/// keep the lowest place from which to read again. Deliveries at one limiter go in the order of their
/// positions, so that no lane keeps its place for ever.
///
/// What has to be known of many candidates is asked first, by PredecessorReader, so that loading asks
/// nothing. Used by the dispatcher's thread, inside its turn.
class LaneLoader {
 public:
  LaneLoader(DestinationLimiters& limiters, Window& window, DeliveryQueues& queues)
      : limiters_(limiters), window_(window), queues_(queues) {}

  enum class Loaded {
    done,       ///< loaded, or passed over and remembered
    no_room,    ///< the window has none; the caller must remember it
    not_asked,  ///< it is not known what stands before it; the caller must remember it
  };
  /// A pending delivery.
  Loaded load_pending(const Candidate& candidate, Found how);
  /// A retry that is due.
  Loaded load_retry(const Candidate& candidate);
  /// The first open delivery of a lane that was woken, in any state, where its delivery queue is open.
  void load_woken(const Candidate& candidate);
  /// `rows` come next in a lane that is drained and was taken out of Window::drained(); it was asked for at
  /// most `limit` of them.
  void load_next(Lane& lane, const std::vector<journal::DeliveryRow>& rows, std::size_t limit);

  /// `row` comes next in a lane that has left the window while its delivery queue is paused, or goes
  /// elsewhere.
  void read_when_open(QueueState& queue, const journal::DeliveryRow& row);
  /// `row` is read again when there is room at the limiter.
  void leave_behind(DestinationLimiter& limiter, const journal::DeliveryRow& row);
  /// True where nothing more is loaded into the lane.
  static bool leaves(const Lane& lane);
  /// True where `row` would be passed over, now and after anything else was loaded.
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
