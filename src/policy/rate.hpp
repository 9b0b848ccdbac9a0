#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/subscription.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::policy {

/// Reads "100/s" (in any second), "5/1m", "1/250ms", or "off", which is nothing: no limit. From 1 to
/// 1,000,000 requests, in 1ms to 24h; anything else is misuse.
Result<std::optional<Rate>> parse_rate(std::string_view text);

/// What parse_rate() reads: "100/s", "5/1m", "off".
std::string format_rate(const std::optional<Rate>& rate);

/// A rate limit by a sliding window, exact: it keeps the moment of each request of the last `per`, and lets
/// no half-open stretch of that length hold more than `count`. The request after a full window leaves when
/// the oldest in it is `per` old.
///
/// A request is counted twice: reserved when it is let through, and stamped when it leaves. In between it
/// counts for every moment, so that what waits behind this limit, for whatever, never leaves too early. A
/// value; each call but allowance() and next() takes `now` not before that of the call before it.
class RateLog {
 public:
  explicit RateLog(const Rate& rate) : rate_(rate) {}

  const Rate& rate() const { return rate_; }
  /// From now on; what was stamped before still counts.
  void change(const Rate& rate) { rate_ = rate; }

  /// How many may be reserved at `now`.
  std::size_t allowance(SteadyTime now) const;
  /// When the allowance next grows, with nothing else happening; nothing where no stamp counts at `now`.
  std::optional<SteadyTime> next(SteadyTime now) const;

  void reserve(std::size_t requests = 1) { reserved_ += requests; }
  /// One that was reserved does not leave.
  void give_back() { reserved_ -= reserved_ > 0 ? 1 : 0; }
  /// One leaves; where some are reserved, one of them.
  void stamp(SteadyTime now);

  /// True where it knows nothing that a new one would not know.
  bool empty(SteadyTime now) const { return reserved_ == 0 && counted(now) == 0; }

 private:
  using Stamps = std::deque<SteadyTime>;
  Stamps::const_iterator oldest(SteadyTime now) const;
  std::size_t counted(SteadyTime now) const;

  Rate rate_;
  std::size_t reserved_ = 0;
  Stamps stamps_;  ///< in their order; at most `count` of them count at any time
};

}  // namespace dispatch::policy
