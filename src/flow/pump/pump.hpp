#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/limits/graph.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/left_lanes.hpp"
#include "flow/pump/window.hpp"
#include "flow/pump/window_filler.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::flow {

/// Keeps the graph supplied from the journal. It reads each delivery queue forward in the order of positions,
/// and loads what is first in its lane; what it passes over comes back by itself: when its lane is drained,
/// by a retry that is due, by a wakeup that an operator or a closed gap left in the journal, or when there is
/// room again at its destination's limiter. So a delivery that waits costs no memory.
///
/// The direct deliveries to all URLs of a host are one delivery queue. Where some of these URLs are slow,
/// what is read of them is passed over as soon as enough of their lanes are loaded, so that a fast URL behind
/// a million deliveries to a slow one is found; each destination that was passed over has a mark from where
/// it is read again.
///
/// A lane whose items are done is drained, and the journal is asked what is first in it, unless it is known
/// that nothing was passed over. So what a fan-out puts below the items of a lane goes next.
/// Transaction::begin refuses to send what lies above it before.
///
/// A delivery queue that is paused has nothing in the window but what is under way or at its host's gate, and
/// nothing of it is read: its cursor goes down to all that it has to read when it is open again. One whose
/// subscription goes to another URL is paused and resumed: what of it was in the window leads to the former
/// URL, and leaves when it comes out, so that it is read again for the present one. Used by the dispatcher's
/// thread, inside its turn.
class Pump {
 public:
  Pump(journal::Journal& journal, Graph& graph, DestinationLimiters& limiters, const WindowLimits& limits,
       const PolicySet& policies);

  /// Reads where the last run stood. Once, before all else.
  /// What operators had asked for up to that action is known from what the journal keeps of circuits and
  /// holds.
  Result<> start(std::int64_t known_asks);

  /// The turn has made these deliveries, in the order of their positions.
  Result<> arrived(std::vector<journal::DeliveryRow> made);
  /// The turn has left wakeups in the journal.
  void woken() { filler_.wakeups().woken(); }
  /// Other processes have written.
  Result<> changed_elsewhere(const journal::Changes& changes);
  /// Another process has given up deliveries: what of them waits before a limiter, or to be tried again,
  /// waits no more.
  Result<> given_up_elsewhere();
  /// The wall clock was set by `by`, and the due times in the journal were moved with it.
  Result<> clock_set(std::chrono::microseconds by);
  /// Another policy holds. What waits in the window of a delivery queue that is paused by it leaves it.
  Result<> terms_changed(WallTime now);

  // What became of an item that held its lane. Its permits are the caller's to give back; the item is gone
  // afterwards.
  void completed(Item& item);                  ///< the lane goes on
  void retry_later(Item& item, WallTime due);  ///< the lane waits in the journal
  void buried(Item& item);                     ///< the lane is blocked
  void lost(Item& item);                       ///< the journal says otherwise: ask it
  void turned_away(Item& item);                ///< others go first at its limiter: read it when there is room
  void put_back(Item& item);                   ///< its delivery queue is paused: read it when that is resumed

  /// Lanes to the destination of this limiter that lead past it lead there from now on.
  void lead_to(DestinationLimiter& limiter) { window_.lead_to(limiter); }

  /// Calls `visit` with each known delivery queue.
  template <class Visit>
  void each_queue(Visit visit) const {
    queues_.each(visit);
  }

  /// The hosts of those delivery queues, by name.
  const std::map<std::string, HostState>& hosts() const { return queues_.hosts(); }

  /// Loads what there is room for and what may go, into the graph.
  Result<> fill(WallTime now);

  /// Where operators want to know at once whether a destination is up, since the last call.
  std::vector<WakeupFollower::AskedFor> take_asked_for() { return filler_.wakeups().take_asked_for(); }

  /// When fill() may find something that it could not before, with nothing else happening.
  std::optional<WallTime> next_due() const;
  /// True where fill() has something to do at once.
  bool hungry() const { return filler_.hungry(); }
  /// True where the window is empty, nothing is left to be read, and no retry is to come.
  bool idle() const;
  /// Lanes that hold something: each has one delivery that is under way or waits for a permit.
  std::size_t lanes() const { return window_.lanes(); }

  /// Where a restart must read from, and the last wakeup seen, to be committed with the turn. `whole`: all
  /// there is to say. Otherwise only what the turn needs: a delivery queue whose stored mark lies above
  /// something that is loaded, or is to follow a lane that has ended, and would not come back by itself after
  /// a crash.
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
