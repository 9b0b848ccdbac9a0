#include "policy/retry.hpp"

#include <algorithm>

namespace dispatch::policy {

std::chrono::microseconds backoff(const RetryPolicy& policy, unsigned failures, double chance,
                                  std::optional<std::chrono::microseconds> retry_after) {
  using std::chrono::microseconds;
  microseconds wait = std::min(policy.backoff_first, policy.backoff_most);
  for (unsigned i = 1; i < failures && wait < policy.backoff_most; ++i)
    wait = std::min(wait * 2, policy.backoff_most);
  wait += microseconds{static_cast<std::int64_t>(static_cast<double>(wait.count()) * policy.jitter * chance)};
  if (retry_after) wait = std::max(wait, std::min(*retry_after, policy.retry_after_most));
  return std::max(wait, microseconds{0});
}

}  // namespace dispatch::policy
