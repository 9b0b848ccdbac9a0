#pragma once

#include "base/error.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/left_lanes.hpp"
#include "flow/pump/predecessor_reader.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// Handles the wakeups that operators and closed gaps leave in the journal. Used by the dispatcher's thread,
/// inside its turn.
class WakeupFollower {
 public:
  WakeupFollower(journal::Journal& journal, std::size_t most_in_turn, DeliveryQueues& queues,
                 LaneLoader& loader, LeftLanes& left_lanes, PredecessorReader& predecessors)
      : journal_(journal),
        most_in_turn_(most_in_turn),
        queues_(queues),
        loader_(loader),
        left_lanes_(left_lanes),
        predecessors_(predecessors) {}

  /// `known_asks`: the saved state includes what operators asked for up to this action. `last`: the last
  /// wakeup handled.
  void start(std::int64_t known_asks, std::int64_t last);
  /// Notes that the journal may have new wakeups.
  void woken() { waits_ = true; }
  /// True if there may be wakeups that were not handled.
  bool is_wanted() const { return waits_; }
  Result<> follow();

  /// The last wakeup handled.
  std::int64_t last() const { return last_; }

  /// An operator's request to try the destination at once.
  struct AskedFor {
    DestinationNo destination;
    std::int64_t action = 0;  ///< number of that action
  };
  /// The requests since the last call.
  std::vector<AskedFor> take_asked_for() { return std::exchange(asked_for_, {}); }

 private:
  Result<> wake_lanes(const std::vector<journal::LaneWakeup>& wakeups);
  void ask(const journal::LaneWakeup& said);
  void wake_from(const journal::DeliveryKey& key);

  journal::Journal& journal_;
  const std::size_t most_in_turn_;
  DeliveryQueues& queues_;
  LaneLoader& loader_;
  LeftLanes& left_lanes_;
  PredecessorReader& predecessors_;
  std::vector<AskedFor> asked_for_;
  std::int64_t known_asks_ = 0;
  std::int64_t last_ = 0;
  bool waits_ = true;
};

}  // namespace dispatch::flow
