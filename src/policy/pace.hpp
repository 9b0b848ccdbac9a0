#pragma once

#include "base/clock.hpp"
#include "event/subscription.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>

namespace dispatch::policy {

/// When requests to one destination may leave: evenly spaced by its rate, and so that the receiver counts no
/// more than `count` in any half-open stretch of `per`; and no faster than a throttle lets them
/// (throttle.hpp).
///
/// When the receiver counts a request is not known here, only that it does so between the moment it leaves
/// and the moment it is answered. So a request counts from when it leaves until `per` after its answer, and
/// until `per` after `lag` where the answer takes longer than that. So the request that leaves last in any
/// stretch of `per` has counted all others of that stretch.
///
/// A request is let through first (reserve), and leaves later (leave). A value; each call takes `now` not
/// before that of the call before it.
class Pace {
 public:
  /// Nothing: no rate.
  explicit Pace(const std::optional<Rate>& rate) : rate_(rate) {}

  const std::optional<Rate>& rate() const { return rate_; }
  /// From now on; what has left before still counts.
  void change(const std::optional<Rate>& rate) { rate_ = rate; }
  /// The spacing is no closer than this from now on; 0: as the rate has it.
  void slow_to(std::chrono::nanoseconds interval) { slowed_to_ = interval; }
  /// No request leaves before that.
  void not_before(SteadyTime moment) { floor_ = std::max(floor_, moment); }
  /// The earliest moment at which another may leave when all that is let through has left as soon as it may.
  SteadyTime next_slot(SteadyTime now) const;

  /// From one request to the next; 0 where nothing limits them.
  std::chrono::nanoseconds interval() const;
  /// An answer that comes within this time shows when the receiver has counted: a quarter of `per`, at most
  /// 250 ms.
  std::chrono::nanoseconds lag() const;

  // --- Letting through
  /// How many more may be let through at `now`, of which the last leaves at `by` if nothing keeps it. `by` is
  /// not before `now`.
  std::size_t allowance(SteadyTime now, SteadyTime by) const;
  /// When allowance(t, t + ahead) next grows if what is let through leaves as soon as it may; nothing where
  /// that has to leave first.
  std::optional<SteadyTime> next(SteadyTime now, std::chrono::nanoseconds ahead) const;
  void reserve(std::size_t requests = 1) { reserved_ += requests; }
  /// One that was let through does not leave.
  void give_back() { reserved_ -= reserved_ > 0 ? 1 : 0; }

  // --- Leaving
  /// `now` where one may leave at `now`; else when to ask again, or earlier where another is answered.
  SteadyTime may_leave(SteadyTime now) const;
  /// One leaves; where some are let through, one of them.
  void leave(SteadyTime now);
  /// The request that left at `left` has been answered, or will not be.
  void arrived(SteadyTime left, SteadyTime now);

  /// True if it equals a new pace.
  bool empty(SteadyTime now) const;

 private:
  std::size_t free(SteadyTime now) const;
  std::size_t counted(SteadyTime now) const;
  SteadyTime first_slot(SteadyTime now) const;
  SteadyTime window_frees(SteadyTime now) const;
  void add_arrival(SteadyTime moment);
  void forget(SteadyTime now);

  std::optional<Rate> rate_;
  std::chrono::nanoseconds slowed_to_{0};
  std::size_t reserved_ = 0;
  SteadyTime slot_ = SteadyTime::min();   ///< of the even spacing, the one that the last to leave has taken
  SteadyTime floor_ = SteadyTime::min();  ///< not_before()
  std::multiset<SteadyTime> under_way_;   ///< when requests left that are not answered and younger than lag()
  std::deque<SteadyTime> arrived_;        ///< when others were answered, or lag() was over, in their order
};

}  // namespace dispatch::policy
