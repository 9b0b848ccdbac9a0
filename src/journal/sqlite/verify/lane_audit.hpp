#pragma once

#include "event/delivery_state.hpp"
#include "journal/rows.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace dispatch::journal::audit {

/// A delivery and its place in its lane.
struct LaneDelivery {
  DeliveryKey key;
  std::int64_t destination = 0;
  SequenceNumber sequence;
  std::int64_t state = 0;
  bool begun = false;  ///< true: at least one attempt was begun
  std::int64_t first_began_turn = 0;
  std::int64_t last_began_turn = 0;  ///< of its latest attempt
  std::int64_t done_turn = 0;        ///< the turn in which its last outcome was committed or it was discarded
  /// The fan-out that made it or, if that was not recorded, may have made it; 0: it was made with its event.
  std::int64_t made_turn = 0;

  bool is_open() const {
    return state != static_cast<std::int64_t>(DeliveryState::completed) &&
           state != static_cast<std::int64_t>(DeliveryState::failed);
  }
};

/// Sequence numbers that an operator skipped.
struct SkippedGap {
  std::int64_t last = 0;
  std::int64_t turn = 0;
};

/// Checks the order of one lane. Give it the deliveries in the order of their sequence numbers.
class LaneAudit {
 public:
  /// `lowest_gap`: the first number of the stream's lowest open gap. `skipped`: ordered by number; borrowed.
  /// Attempts that began up to the turn `lanes_turn` had to wait only for deliveries to the same destination.
  LaneAudit(std::optional<std::int64_t> lowest_gap, std::span<const SkippedGap> skipped,
            std::int64_t lanes_turn = 0)
      : lowest_gap_(lowest_gap), skipped_(skipped), lanes_turn_(lanes_turn) {}

  /// Adds the next delivery. Returns what it does wrong with regard to those before it; nothing if it is in
  /// order.
  std::optional<std::string> take(const LaneDelivery& next);

  /// The first delivery so far that is neither completed nor failed.
  const std::optional<LaneDelivery>& head() const { return head_; }

  /// True if the head waits for something other than the end of a delivery, which wakes it when it is over.
  bool head_waits() const;

 private:
  std::optional<std::string> fault_of(const LaneDelivery& next) const;
  /// A lower delivery that existed when an attempt of `next` began at `turn`, and was done only later.
  const LaneDelivery* done_after(std::int64_t turn, const LaneDelivery& next) const;
  /// Like done_after, for a lower delivery that is still open.
  const LaneDelivery* open_at(std::int64_t turn, const LaneDelivery& next) const;
  bool holds_back(const LaneDelivery& below, std::int64_t turn, const LaneDelivery& next) const;

  std::optional<std::int64_t> lowest_gap_;
  std::span<const SkippedGap> skipped_;  // those above the deliveries taken
  std::int64_t lanes_turn_ = 0;
  std::int64_t skipped_turn_ = -1;  // the latest turn of the skipped gaps below
  std::optional<LaneDelivery> head_;

  // A fan-out makes deliveries below those sent before it. They hold back every attempt that begins later.
  using Made = std::pair<std::int64_t, std::int64_t>;  // the turn that made them, and the destination
  std::map<std::int64_t, LaneDelivery> open_longest_;  // of the open ones, the one made first
  std::map<Made, LaneDelivery> done_last_;             // the one done last
};

}  // namespace dispatch::journal::audit
