#pragma once

#include "event/subscription.hpp"
#include "flow/options.hpp"
#include "policy/classify.hpp"
#include "policy/retry.hpp"

#include <cstddef>
#include <memory>
#include <optional>

namespace dispatch::flow {

/// What holds for the deliveries of one subscription, or for the direct ones.
struct Terms {
  std::shared_ptr<const Subscription> subscription;  ///< null: direct deliveries
  policy::RetryPolicy retry;
  policy::StatusTable statuses;
  std::optional<Rate> rate;                ///< at one destination
  std::optional<std::size_t> concurrency;  ///< at one destination
  bool shut = false;                       ///< nothing of it is sent, and nothing waited for

  /// As the run says.
  explicit Terms(const RunOptions& run) : retry(run.retry), statuses(run.statuses), rate(run.rate) {}
};

}  // namespace dispatch::flow
