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

/// When requests to one destination may leave: evenly spaced by its rate, such that the receiver counts at
/// most `count` in any half-open interval of length `per`, and not faster than a throttle allows
/// (throttle.hpp).
///
/// It is not known when the receiver counts a request, only that this happens between the moment the request
/// leaves and the moment it is answered. So a request counts from when it leaves until `per` after its
/// answer; if the answer takes longer than `lag`, until `per` after `lag`. So at the last request of any
/// interval of length `per`, all others of that interval are counted.
///
/// A request is first let through (reserve) and leaves later (leave). A value; `now` must not decrease from
/// call to call.
class Pace {
 public:
  /// Nothing: no rate.
  explicit Pace(const std::optional<Rate>& rate) : rate_(rate) {}

  const std::optional<Rate>& rate() const { return rate_; }
  /// Changes the rate from now on; requests that have left still count.
  void change(const std::optional<Rate>& rate) { rate_ = rate; }
  /// Sets a minimum interval between requests; 0: only the rate counts.
  void slow_to(std::chrono::nanoseconds interval) { slowed_to_ = interval; }
  /// No request leaves before this time.
  void not_before(SteadyTime moment) { floor_ = std::max(floor_, moment); }
  /// The earliest time at which another request may leave, if all reserved ones leave as soon as they may.
  SteadyTime next_slot(SteadyTime now) const;

  /// The interval between two requests; 0 if nothing limits them.
  std::chrono::nanoseconds interval() const;
  /// An answer within this time shows when the receiver has counted: a quarter of `per`, at most 250 ms.
  std::chrono::nanoseconds lag() const;

  // --- Letting through
  /// How many more requests may be let through at `now` so that the last one can leave at `by`, which is not
  /// before `now`.
  std::size_t allowance(SteadyTime now, SteadyTime by) const;
  /// When allowance(t, t + ahead) next grows if reserved requests leave as soon as they may; nothing if they
  /// must leave first.
  std::optional<SteadyTime> next(SteadyTime now, std::chrono::nanoseconds ahead) const;
  void reserve(std::size_t requests = 1) { reserved_ += requests; }
  /// Cancels one reservation.
  void give_back() { reserved_ -= reserved_ > 0 ? 1 : 0; }

  // --- Leaving
  /// Returns `now` if a request may leave at `now`; otherwise when to ask again. An answer in between may
  /// allow it earlier.
  SteadyTime may_leave(SteadyTime now) const;
  /// A request leaves, using a reservation if there is one.
  void leave(SteadyTime now);
  /// The request that left at `left` has been answered, or will never be.
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
  SteadyTime slot_ = SteadyTime::min();   ///< the time slot of the last request that left
  SteadyTime floor_ = SteadyTime::min();  ///< not_before()
  std::multiset<SteadyTime> under_way_;   ///< when unanswered requests younger than lag() left
  std::deque<SteadyTime> arrived_;        ///< when others were answered or their lag() ended, in order
};

}  // namespace dispatch::policy
