#pragma once

#include "base/error.hpp"
#include "event/ids.hpp"
#include "event/subscription.hpp"
#include "flow/rules/options.hpp"
#include "journal/journal.hpp"
#include "policy/classify.hpp"
#include "policy/retry.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::flow {

/// How the deliveries of one subscription, or the direct ones, are made.
struct DeliveryPolicy {
  std::string subscription;  ///< its id; empty: direct deliveries
  std::string url;           ///< where it goes; empty: direct deliveries
  policy::RetryPolicy retry;
  policy::StatusTable statuses;
  std::optional<Rate> rate;                ///< at one destination
  std::optional<std::size_t> concurrency;  ///< at one destination
  bool paused = false;                     ///< nothing is sent, and no run waits for it
  bool removed = false;                    ///< permanently paused: the subscription was removed

  /// Of direct deliveries.
  explicit DeliveryPolicy(const RunOptions& run) : retry(run.retry), statuses(run.statuses), rate(run.rate) {}
  /// What the subscription does not set is taken from the run, except the rate. A 410 pauses the
  /// subscription, unless a proxy may have answered. A status table that cannot be parsed is an error.
  static Result<DeliveryPolicy> of(const Subscription& subscription, const RunOptions& run);
};

/// The policies of all subscriptions, as the journal has them. Used by one thread.
class PolicySet {
 public:
  explicit PolicySet(const RunOptions& run);

  /// Reads the subscriptions again if any changed. Returns true if they were read.
  Result<bool> refresh(journal::Journal& journal);

  /// 0: direct deliveries. A subscription that is not there any more is paused.
  /// Never null; what was given stays as it is, and the next refresh() that
  /// reads makes new ones.
  std::shared_ptr<const DeliveryPolicy> of(SubscriptionNo subscription) const;
  /// The ids of the subscriptions that are paused.
  std::vector<std::string> paused() const;

 private:
  const RunOptions& run_;
  std::optional<std::int64_t> version_;
  std::shared_ptr<const DeliveryPolicy> direct_, removed_;
  std::map<SubscriptionNo, std::shared_ptr<const DeliveryPolicy>> subscriptions_;
};

}  // namespace dispatch::flow
