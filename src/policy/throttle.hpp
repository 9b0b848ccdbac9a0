#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace dispatch::policy {

/// How fast requests go to a destination that has said that they come too fast (429, or 503 with
/// Retry-After), or that was down: additive increase and multiplicative decrease of a rate, so that it
/// settles below what the receiver takes.
///
/// Nothing is limited at first. After the first throttle the rate is 1 a second and doubles in each round;
/// after each further one it is halved, and grows by 1 in each round, below 1 a second to its double; the
/// rate, if more than 2 a second, at which the receiver last asked for time is tried again only after ten
/// rounds just below it. A receiver that takes nothing since the last throttle is not slowed down further: it
/// is down, and not pressed. A round lasts a second, or until the answers have come that show that the
/// receiver takes the rate. A rate of 1,000 a second, and ten minutes without a throttle or a hold, end the
/// limit. A value; each call takes `now` not before that of the call before it.
///
/// A request that left before there was any limit has left at SteadyTime::min().
class Throttle {
 public:
  /// True if it limits requests at `now`.
  bool limits(SteadyTime now) const { return rate_ || hold_until_ > now; }
  /// From one request to the next; 0: no limit.
  std::chrono::nanoseconds interval() const;
  /// No request leaves before that.
  SteadyTime hold_until() const { return hold_until_; }

  /// A request that left at `left` was told to come back at `until`. Requests that left before the last
  /// throttle was known make the time longer, and nothing slower.
  void throttled(SteadyTime left, SteadyTime now, SteadyTime until);
  /// The same of a destination that is held back and not slowed down.
  void hold(SteadyTime until) { hold_until_ = std::max(hold_until_, until); }
  /// A request that left at `left` was answered, and not told to wait.
  void answered(SteadyTime left, SteadyTime now);
  /// The destination was down and is up again: its rate starts low.
  void start_slowly(SteadyTime now);
  /// An operator wants the destination to be tried now.
  void release(SteadyTime now);
  /// Ends the limit where its time is over.
  void tidy(SteadyTime now);

  /// What is kept over a restart besides hold_until().
  struct Kept {
    double per_second = 0;  ///< 0: no limit
    bool doubles = false;   ///< else it grows by 1
    friend bool operator==(const Kept&, const Kept&) = default;
  };
  Kept kept() const { return {rate_.value_or(0), doubles_}; }
  /// What an earlier run has kept.
  static Throttle from(const Kept& kept, SteadyTime now, SteadyTime hold_until);

 private:
  void grow(SteadyTime now);
  void change(double per_second, bool doubles, SteadyTime from);

  std::optional<double> rate_;  ///< requests a second
  bool doubles_ = false;
  std::optional<double> too_fast_;  ///< the rate of the last throttle, until a faster one was taken
  unsigned rounds_below_ = 0;       ///< it, by less than a step
  bool taken_ = false;              ///< an answer has come since the last throttle
  SteadyTime round_began_ = SteadyTime::min();
  double answers_ = 0;                        ///< to requests that left in the round
  SteadyTime slowed_at_ = SteadyTime::min();  ///< requests that left before could not heed it
  SteadyTime throttled_at_ = SteadyTime::min();
  SteadyTime hold_until_ = SteadyTime::min();
};

}  // namespace dispatch::policy
