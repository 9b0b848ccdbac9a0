#pragma once

#include "event/delivery_state.hpp"
#include "journal/rows.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::journal::audit {

/// A delivery as it stands in its lane.
struct LaneDelivery {
  DeliveryKey key;
  SequenceNumber sequence;
  std::int64_t state = 0;
  bool begun = false;  ///< some attempt was begun
  std::int64_t first_began_turn = 0;
  std::int64_t last_ended_turn = 0;

  bool is_open() const {
    return state != static_cast<std::int64_t>(DeliveryState::completed) &&
           state != static_cast<std::int64_t>(DeliveryState::failed);
  }
};

/// What is wrong with the order of one lane, judged as its deliveries are given in the order of their
/// numbers.
class LaneAudit {
 public:
  /// `lowest_gap`: the first number of the stream's lowest open gap.
  explicit LaneAudit(std::optional<std::int64_t> lowest_gap) : lowest_gap_(lowest_gap) {}

  /// What `next` does wrong in view of those before it; nothing where all is well.
  std::optional<std::string> take(const LaneDelivery& next);

  /// The lane's first delivery that is neither completed nor failed, so far.
  const std::optional<LaneDelivery>& head() const { return head_; }

  /// True where something that is not itself a delivery's end keeps the head from going, and sets it in
  /// motion when it is over.
  bool head_waits() const;

 private:
  std::optional<std::int64_t> lowest_gap_;
  std::optional<LaneDelivery> head_;
  std::optional<LaneDelivery> latest_;  // of those that ended, the one that did so last
};

}  // namespace dispatch::journal::audit
