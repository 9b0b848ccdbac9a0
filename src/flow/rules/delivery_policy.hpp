#pragma once

#include "base/error.hpp"
#include "event/ids.hpp"
#include "event/subscription_set.hpp"
#include "flow/rules/options.hpp"
#include "policy/classify.hpp"
#include "policy/retry.hpp"

#include <cstddef>
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

/// The policies of all subscriptions of a set. Used by one thread.
class PolicySet {
 public:
  explicit PolicySet(const RunOptions& run);

  /// Makes the policies of these subscriptions. Returns false where they are of that version already. After
  /// an error they are as they were.
  Result<bool> follow(std::shared_ptr<const SubscriptionSet> subscriptions);

  /// 0: direct deliveries. A subscription that is not there any more is paused.
  /// Never null; what was given stays as it is, and the next follow() that
  /// finds another version makes new ones.
  std::shared_ptr<const DeliveryPolicy> of(SubscriptionNo subscription) const;
  /// The ids of the subscriptions that are paused.
  std::vector<std::string> paused() const;

 private:
  const RunOptions& run_;
  using Policies = std::map<SubscriptionNo, std::shared_ptr<const DeliveryPolicy>>;

  std::shared_ptr<const DeliveryPolicy> direct_, removed_;
  std::shared_ptr<const SubscriptionSet> subscriptions_;  ///< that the policies were made of; null: none yet
  Policies policies_;
};

}  // namespace dispatch::flow
