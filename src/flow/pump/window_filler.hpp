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

/// Reads from the journal what the window has room for: the next deliveries of drained lanes, those passed
/// over at a limiter, due retries, lanes woken by operators and closed gaps, new deliveries, and the rest of
/// each delivery queue. Each reader collects its questions, asks the journal once, and loads the answers; so
/// a turn calls the journal a bounded number of times. Used by the dispatcher's thread, inside its turn.
class WindowFiller {
 public:
  WindowFiller(journal::Journal& journal, DestinationLimiters& limiters, Window& window,
               DeliveryQueues& queues, LaneLoader& loader, LeftLanes& left_lanes);

  WakeupFollower& wakeups() { return wakeups_; }
  const WakeupFollower& wakeups() const { return wakeups_; }

  /// Takes the deliveries that the turn has made, in order of position.
  void arrived(std::vector<journal::DeliveryRow> made);
  /// True if all new deliveries are loaded or noted for reading again.
  bool has_loaded_arrived() const { return arrived_.empty(); }

  Result<> fill(WallTime now);
  /// True if fill() has something to do at once.
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
  std::vector<journal::DeliveryRow> arrived_;  ///< new deliveries, not loaded yet
};

}  // namespace dispatch::flow
