#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace dispatch::policy {

/// When a failed delivery is tried again. A value; all functions are pure.
struct RetryPolicy {
  unsigned attempts = 5;  ///< all attempts before the delivery becomes a dead letter; at least 1
  std::chrono::microseconds backoff_first{1'000'000};  ///< wait after the first failure
  std::chrono::microseconds backoff_most{60'000'000};  ///< maximum of the doubled wait
  double jitter = 0.10;  ///< maximum random addition, as a share of the wait: 0 to 1
  std::chrono::microseconds retry_after_most{3'600'000'000};  ///< longest Retry-After that is respected
  /// How long a receiver may ask for time, for each delivery from the first time on, without using up
  /// attempts; 0: each request counts.
  std::chrono::microseconds throttled_most{86'400'000'000};
};

/// The longest wait that backoff() can return, whatever an answer asks for.
std::chrono::microseconds longest_wait(const RetryPolicy& policy);

/// The wait after the `failures`th failure (from 1): the first wait, doubled each time up to the maximum,
/// plus the jitter scaled by `chance` in [0, 1), and at least `retry_after` (itself capped). Never more than
/// a thousand years.
std::chrono::microseconds backoff(const RetryPolicy& policy, unsigned failures, double chance,
                                  std::optional<std::chrono::microseconds> retry_after);

}  // namespace dispatch::policy
