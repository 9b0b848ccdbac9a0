#include "policy/retry.hpp"

#include "base/text/units.hpp"

#include <algorithm>

namespace dispatch::policy {
std::chrono::microseconds backoff(const RetryPolicy& policy, unsigned failures, double chance,
                                  std::optional<std::chrono::microseconds> retry_after) {
  using std::chrono::microseconds;
  microseconds wait = std::min(policy.backoff_first, policy.backoff_most);
  for (unsigned i = 1; i < failures && wait < policy.backoff_most; ++i)
    wait = wait > policy.backoff_most / 2 ? policy.backoff_most : wait * 2;
  wait = std::clamp(wait, microseconds{0}, longest_duration);
  wait += microseconds{static_cast<std::int64_t>(static_cast<double>(wait.count()) * policy.jitter * chance)};
  if (retry_after) wait = std::max(wait, std::min(*retry_after, policy.retry_after_most));
  return std::clamp(wait, microseconds{0}, longest_duration);
}

std::chrono::microseconds longest_wait(const RetryPolicy& policy) {
  const auto most = std::clamp(std::max(policy.backoff_first, policy.backoff_most),
                               std::chrono::microseconds{0}, longest_duration);
  const std::chrono::microseconds jitter{
      static_cast<std::int64_t>(static_cast<double>(most.count()) * policy.jitter)};
  return std::min(std::max(most + jitter, policy.retry_after_most), longest_duration);
}

}  // namespace dispatch::policy
