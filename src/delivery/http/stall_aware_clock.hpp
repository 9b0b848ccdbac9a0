#pragma once

#include "base/clock.hpp"

#include <chrono>

namespace dispatch::delivery {

/// Time as a loop lives it. While the process stands still (stopped, starved, or paused with its machine)
/// answers arrive that it cannot read, so that stretch counts for no more than one beat: what has a deadline
/// by this clock gets to be read before it is given up. Nothing of it is read from a clock here.
class StallAwareClock {
 public:
  /// The longest that the loop waits at a time while anything has a deadline.
  static constexpr std::chrono::milliseconds beat{250};
  /// A turn that takes longer than a wait and this stood still in between.
  static constexpr std::chrono::milliseconds slack{100};

  explicit StallAwareClock(SteadyTime now) : last_(now), counted_(now) {}

  /// To be called once a turn, with the time it is. Gives how much of the time since the last turn does not
  /// count.
  SteadyTime::duration tick(SteadyTime now) {
    const auto gap = now - last_;
    const auto counts = gap > beat + slack ? SteadyTime::duration{beat} : gap;
    last_ = now;
    counted_ += counts;
    return gap - counts;
  }

  /// As of the last tick.
  SteadyTime now() const { return counted_; }

 private:
  SteadyTime last_, counted_;
};

}  // namespace dispatch::delivery
