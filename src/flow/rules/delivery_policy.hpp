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
  std::string url;           ///< its URL; empty: direct deliveries
  policy::RetryPolicy retry;
  policy::StatusTable statuses;
  std::optional<Rate> rate;                ///< for one destination
  std::optional<std::size_t> concurrency;  ///< concurrent requests to one destination
  bool paused = false;                     ///< nothing is sent, and a run does not wait for it
  bool removed = false;                    ///< the subscription was removed; it stays paused for ever

  /// The policy of direct deliveries.
  explicit DeliveryPolicy(const RunOptions& run) : retry(run.retry), statuses(run.statuses), rate(run.rate) {}
  /// The policy of a subscription. Settings that it does not have come from the run, except the rate. A 410
  /// pauses the subscription, unless a proxy may have answered. An invalid status table is an error.
  static Result<DeliveryPolicy> of(const Subscription& subscription, const RunOptions& run);
};

/// The policies of all subscriptions in a set, and of direct deliveries. Used by one thread.
class PolicySet {
 public:
  explicit PolicySet(const RunOptions& run);

  /// Makes the policies of these subscriptions. Returns false if it has those of this version already. An
  /// error leaves the policies as they were.
  Result<bool> follow(std::shared_ptr<const SubscriptionSet> subscriptions);

  /// The policy of that subscription; 0: of direct deliveries. A removed subscription is paused. Never null.
  /// Returned policies never change; follow() makes new ones.
  std::shared_ptr<const DeliveryPolicy> of(SubscriptionNo subscription) const;
  /// The ids of the subscriptions that are paused.
  std::vector<std::string> paused() const;

 private:
  const RunOptions& run_;
  using Policies = std::map<SubscriptionNo, std::shared_ptr<const DeliveryPolicy>>;

  std::shared_ptr<const DeliveryPolicy> direct_, removed_;
  std::shared_ptr<const SubscriptionSet> subscriptions_;  ///< the set of `policies_`; null: none yet
  Policies policies_;
};

}  // namespace dispatch::flow
