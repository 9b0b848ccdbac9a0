#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/limits/scheduler.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/left_lanes.hpp"
#include "flow/pump/window.hpp"
#include "flow/pump/window_filler.hpp"
#include "flow/rules/turn_time.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::flow {

/// Supplies the scheduler with deliveries from the journal. It reads each delivery queue forward by position
/// and loads the first delivery of each lane. A delivery that it passes over uses no memory and is read again
/// later: when its lane is drained, when its retry is due, when an operator or a closed gap leaves a wakeup
/// in the journal, or when its destination limiter has room.
///
/// All direct deliveries to a host, for any URL, are one delivery queue. If some of these URLs are slow,
/// further deliveries to them are passed over once enough of their lanes are loaded. So the pump finds a fast
/// URL behind a million deliveries to a slow one. Each destination that was passed over has a mark from which
/// it is read again.
///
/// A lane whose items are done is drained: the journal is asked what comes first in it, unless it is certain
/// that nothing was passed over. So a delivery that a fan-out adds below the items of a lane goes next; until
/// then Transaction::begin refuses to send what is above it.
///
/// A paused delivery queue has only requests under way or at its host's gate in the window, and is not read;
/// its cursor goes down to everything that must be read when it is resumed. A delivery queue whose
/// subscription gets another URL is paused and resumed: items in the window still lead to the old URL, leave
/// when they come out, and are read again for the new one.
///
/// Used by the dispatcher's thread, inside its turn.
class Pump {
 public:
  Pump(journal::Journal& journal, Scheduler& scheduler, DestinationLimiters& limiters,
       const WindowLimits& limits, const PolicySet& policies, const TurnTime& time);

  /// Starts where the last run stopped. Call once, before everything else. The saved circuits and holds
  /// already include what operators asked for up to the action `known_asks`.
  Result<> start(std::int64_t known_asks);

  /// Takes the deliveries that the turn has made, in order of position.
  Result<> arrived(std::vector<journal::DeliveryRow> made);
  /// Call it if the turn has written wakeups.
  void woken() { filler_.wakeups().woken(); }
  /// Call it if other processes have written to the journal.
  Result<> changed_elsewhere(const journal::Changes& changes);
  /// Call it if another process has cancelled or discarded deliveries: those that wait at a limiter or for a
  /// retry leave the window.
  Result<> given_up_elsewhere();
  /// Call it when the wall clock was set by `by`, and the due times in the journal were moved.
  Result<> clock_set(std::chrono::microseconds by);
  /// Applies a changed policy. The waiting items of a delivery queue that is now paused leave the window.
  Result<> policy_changed(WallTime now);

  // These end an item that held its lane. The caller gives back its permits; the item is invalid afterwards.
  void completed(Item& item);                  ///< the lane goes on
  void retry_later(Item& item, WallTime due);  ///< the lane waits; the journal has the due time
  void buried(Item& item);                     ///< the lane is blocked
  void lost(Item& item);                       ///< the journal has another state: it is asked
  /// The item leaves, or its limiter serves others first: it is read again when there is room.
  void turned_away(Item& item, TurnedAwayFor why);
  void put_back(Item& item);  ///< its delivery queue is paused: it is read again when that is resumed

  /// Redirects lanes to the destination of this limiter, if they lead past it, to the limiter.
  void lead_to(DestinationLimiter& limiter) { window_.lead_to(limiter); }

  /// Calls `visit` with each known delivery queue.
  template <class Visit>
  void each_queue(Visit visit) const {
    queues_.each(visit);
  }

  /// The hosts of those delivery queues, by name.
  const std::map<std::string, HostState>& hosts() const { return queues_.hosts(); }

  /// Loads deliveries that may go, as far as there is room, and hands them to the scheduler.
  Result<> fill(WallTime now);

  /// The destinations that operators asked to try at once, since the last call.
  std::vector<WakeupFollower::AskedFor> take_asked_for() { return filler_.wakeups().take_asked_for(); }

  /// When fill() may find more, if nothing else happens.
  std::optional<WallTime> next_due() const;
  /// True if fill() has something to do at once.
  bool hungry() const { return filler_.hungry(); }
  /// True if the window is empty, nothing is left to be read, and no retry is to come.
  bool idle() const;
  /// The number of lanes with items: each has one delivery that is under way or waits for a permit.
  std::size_t lanes() const { return window_.lanes(); }

  /// Saves where a restart must read, and the last wakeup handled, in the turn's transaction. `whole`: saves
  /// all of it. Otherwise saves only what the turn needs: lowers the stored low watermark of a delivery queue
  /// if it is above a loaded delivery, or above the next one of an ended lane, that would be lost after a
  /// crash.
  Result<> save_progress(journal::Transaction& transaction, bool whole);

 private:
  void leave(Item& item);
  Result<> keep_drained_in_reach();
  void forget_done();
  void pause(QueueState& queue);

  journal::Journal& journal_;
  DestinationLimiters& limiters_;
  Window window_;
  DeliveryQueues queues_;
  LaneLoader loader_;
  LeftLanes left_lanes_;
  WindowFiller filler_;
  std::int64_t saved_wakeup_ = 0;
};

}  // namespace dispatch::flow
