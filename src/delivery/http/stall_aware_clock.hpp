#pragma once

#include "base/clock.hpp"

#include <chrono>

namespace dispatch::delivery {

/// A clock for deadlines that does not count time during which the process stood still (stopped, starved, or
/// paused with its machine). Answers can arrive meanwhile that the process cannot read; such a period counts
/// as one beat at most, so that the answers are read before a deadline passes. The caller supplies the time.
class StallAwareClock {
 public:
  /// Longest wait of the loop while anything has a deadline.
  static constexpr std::chrono::milliseconds beat{250};
  /// A turn that is longer than its wait plus this contains a standstill.
  static constexpr std::chrono::milliseconds slack{100};

  explicit StallAwareClock(SteadyTime now) : last_(now), counted_(now) {}

  /// Call it once a turn with the current time. Returns how much of the time since the last turn does not
  /// count.
  SteadyTime::duration tick(SteadyTime now) {
    const auto gap = now - last_;
    const auto counts = gap > beat + slack ? SteadyTime::duration{beat} : gap;
    last_ = now;
    counted_ += counts;
    return gap - counts;
  }

  /// The time at the last tick.
  SteadyTime now() const { return counted_; }

 private:
  SteadyTime last_, counted_;
};

}  // namespace dispatch::delivery
