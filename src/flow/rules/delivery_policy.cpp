#include "flow/rules/delivery_policy.hpp"

#include <utility>

namespace dispatch::flow {

Result<DeliveryPolicy> DeliveryPolicy::of(const Subscription& subscription, const RunOptions& run) {
  DeliveryPolicy policy{run};
  policy.subscription = subscription.id;
  policy.url = subscription.url;
  policy.retry.attempts = subscription.attempts.value_or(run.retry.attempts);
  policy.rate = subscription.rate;
  policy.concurrency = subscription.concurrency;
  policy.paused = subscription.paused_at.has_value();
  auto statuses = policy::parse_status_table(subscription.statuses);
  if (!statuses)
    return fail(
        "the status table of subscription '{}' cannot be read: {}; set "
        "it anew with 'dispatch subscription add'",
        subscription.id, statuses.error().message);
  // What stands first counts: the subscription's own word, then the run's, then
  // what is usual.
  statuses->insert(run.statuses.begin(), run.statuses.end());
  const bool is_from_receiver = !run.through_proxy || !subscription.url.starts_with("http://");
  if (is_from_receiver) statuses->emplace(410, policy::Meaning::pause);
  policy.statuses = std::move(*statuses);
  return policy;
}

PolicySet::PolicySet(const RunOptions& run)
    : run_(run), direct_(std::make_shared<const DeliveryPolicy>(run)) {
  DeliveryPolicy removed{run};
  removed.paused = removed.removed = true;
  removed_ = std::make_shared<const DeliveryPolicy>(std::move(removed));
}

Result<bool> PolicySet::follow(std::shared_ptr<const SubscriptionSet> subscriptions) {
  if (subscriptions_ && subscriptions_->version() == subscriptions->version()) return false;
  Policies policies;
  for (const auto& subscription : subscriptions->all()) {
    DISPATCH_ASSIGN(auto policy, DeliveryPolicy::of(*subscription, run_));
    policies.emplace(subscription->no, std::make_shared<const DeliveryPolicy>(std::move(policy)));
  }
  policies_ = std::move(policies);
  subscriptions_ = std::move(subscriptions);
  return true;
}

std::shared_ptr<const DeliveryPolicy> PolicySet::of(SubscriptionNo subscription) const {
  if (subscription == SubscriptionNo{}) return direct_;
  const auto found = policies_.find(subscription);
  return found == policies_.end() ? removed_ : found->second;
}

std::vector<std::string> PolicySet::paused() const {
  std::vector<std::string> ids;
  for (const auto& [no, policy] : policies_)
    if (policy->paused) ids.push_back(policy->subscription);
  return ids;
}

}  // namespace dispatch::flow
