#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/pump/catch_up.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/left_lanes.hpp"
#include "flow/pump/predecessor_reader.hpp"
#include "flow/pump/queue_scanner.hpp"
#include "flow/pump/retry_loader.hpp"
#include "flow/pump/wakeup_follower.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <vector>

namespace dispatch::flow {

/// Reads the journal for what the window has room for: what follows in lanes that go on, what was passed over
/// at a limiter, what is due, what operators and closed gaps have woken, what has just been made, and what
/// lies further on in each delivery queue. Each of them collects what it wants to know, asks the journal
/// once, and loads; so a turn calls the journal a bounded number of times, whatever its size. Used by the
/// dispatcher's thread, inside its turn.
class WindowFiller {
 public:
  WindowFiller(journal::Journal& journal, DestinationLimiters& limiters, Window& window,
               DeliveryQueues& queues, LaneLoader& loader, LeftLanes& left_lanes);

  WakeupFollower& wakeups() { return wakeups_; }
  const WakeupFollower& wakeups() const { return wakeups_; }

  /// The turn has made these deliveries, in the order of their positions.
  void arrived(std::vector<journal::DeliveryRow> made);
  /// True where all that was made is loaded, or is to be read again.
  bool has_loaded_arrived() const { return arrived_.empty(); }

  Result<> fill(WallTime now);
  /// True where fill() has something to do at once.
  bool hungry() const;

 private:
  Result<> load_drained();
  Result<> load_arrived();

  journal::Journal& journal_;
  Window& window_;
  DeliveryQueues& queues_;
  LaneLoader& loader_;
  PredecessorReader predecessors_;
  CatchUp catch_up_;
  RetryLoader retries_;
  WakeupFollower wakeups_;
  QueueScanner scanner_;
  std::vector<journal::DeliveryRow> arrived_;  ///< and not loaded yet
};

}  // namespace dispatch::flow
