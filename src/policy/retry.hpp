#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace dispatch::policy {

/// When a failed delivery may go again. A value; every function is pure.
struct RetryPolicy {
  unsigned attempts = 5;  ///< attempts in all before the delivery is a dead letter; at least 1
  std::chrono::microseconds backoff_first{1'000'000};         ///< wait after the first failure
  std::chrono::microseconds backoff_most{60'000'000};         ///< the doubling stops here
  double jitter = 0.10;                                       ///< up to this share is added at random: 0 to 1
  std::chrono::microseconds retry_after_most{3'600'000'000};  ///< a Retry-After asks for no more than this
  /// How long a receiver may keep asking for time, for each delivery from the first time on, before each
  /// request counts as an attempt; 0: at once.
  std::chrono::microseconds throttled_most{86'400'000'000};
};

/// The longest wait that backoff() can give: no delivery waits longer, whatever an answer asks for.
std::chrono::microseconds longest_wait(const RetryPolicy& policy);

/// The wait after the `failures`th failure (from 1): the first wait doubled each time up to the most, plus
/// the jitter's share scaled by `chance` in [0, 1), and never below `retry_after` (itself capped). Never more
/// than a thousand years.
std::chrono::microseconds backoff(const RetryPolicy& policy, unsigned failures, double chance,
                                  std::optional<std::chrono::microseconds> retry_after);

}  // namespace dispatch::policy
