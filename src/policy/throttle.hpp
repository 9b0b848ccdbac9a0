#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace dispatch::policy {

/// How fast requests go to a destination that asked for time (429, or 503 with Retry-After) or was down:
/// additive increase and multiplicative decrease (AIMD) of a rate, so that it settles just below what the
/// receiver accepts.
///
/// At first nothing is limited. After the first throttle the rate is 1 a second and doubles in each round.
/// After each further throttle the rate is halved; then it grows by 1 in each round, or doubles while it is
/// below 1 a second. The rate at which the receiver last asked for time, if above 2 a second, is tried again
/// only after ten rounds just below it. A receiver that has accepted nothing since the last throttle is not
/// slowed down further: it is down, and not overloaded. A round lasts a second, or until enough answers show
/// that the receiver accepts the rate. The limit ends at a rate of 1,000 a second, or after ten minutes
/// without a throttle or a hold. A value; `now` must not decrease from call to call.
///
/// A request that left before there was any limit has left at SteadyTime::min().
class Throttle {
 public:
  /// True if it limits requests at `now`.
  bool limits(SteadyTime now) const { return rate_ || hold_until_ > now; }
  /// The interval between two requests; 0: no limit.
  std::chrono::nanoseconds interval() const;
  /// No request leaves before this time.
  SteadyTime hold_until() const { return hold_until_; }

  /// A request that left at `left` was told to come back at `until`. If it left before the last throttle was
  /// known, it can only extend the hold, and does not lower the rate.
  void throttled(SteadyTime left, SteadyTime now, SteadyTime until);
  /// Holds the destination back until then, without lowering the rate.
  void hold(SteadyTime until) { hold_until_ = std::max(hold_until_, until); }
  /// A request that left at `left` was answered without being throttled.
  void answered(SteadyTime left, SteadyTime now);
  /// The destination was down and is up again: its rate starts low.
  void start_slowly(SteadyTime now);
  /// Ends the hold, because an operator wants the destination to be tried now.
  void release(SteadyTime now);
  /// Removes the limit if its time is over.
  void tidy(SteadyTime now);

  /// The state that is saved for the next run, besides hold_until().
  struct Kept {
    double per_second = 0;  ///< 0: no limit
    bool doubles = false;   ///< false: the rate grows by 1
    friend bool operator==(const Kept&, const Kept&) = default;
  };
  Kept kept() const { return {rate_.value_or(0), doubles_}; }
  /// Restores the state that an earlier run has saved.
  static Throttle from(const Kept& kept, SteadyTime now, SteadyTime hold_until);

 private:
  void grow(SteadyTime now);
  void change(double per_second, bool doubles, SteadyTime from);

  std::optional<double> rate_;  ///< requests a second
  bool doubles_ = false;
  std::optional<double> too_fast_;  ///< the rate of the last throttle, until a higher one was accepted
  unsigned rounds_below_ = 0;       ///< number of rounds just below that rate
  bool taken_ = false;              ///< an answer has come since the last throttle
  SteadyTime round_began_ = SteadyTime::min();
  double answers_ = 0;  ///< answers to requests that left in this round
  SteadyTime slowed_at_ =
      SteadyTime::min();  ///< requests that left before this time could not obey the throttle
  SteadyTime throttled_at_ = SteadyTime::min();
  SteadyTime hold_until_ = SteadyTime::min();
};

}  // namespace dispatch::policy
