#include "flow/rules/terms.hpp"

#include <utility>

namespace dispatch::flow {

Result<Terms> Terms::of(const Subscription& subscription, const RunOptions& run) {
  Terms terms{run};
  terms.subscription = subscription.id;
  terms.url = subscription.url;
  terms.retry.attempts = subscription.attempts.value_or(run.retry.attempts);
  terms.rate = subscription.rate;
  terms.concurrency = subscription.concurrency;
  terms.shut = subscription.paused_at.has_value();
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
  terms.statuses = std::move(*statuses);
  return terms;
}

Agreements::Agreements(const RunOptions& run) : run_(run), direct_(std::make_shared<const Terms>(run)) {
  Terms removed{run};
  removed.shut = removed.removed = true;
  removed_ = std::make_shared<const Terms>(std::move(removed));
}

Result<bool> Agreements::refresh(journal::Journal& journal) {
  const auto version = journal.subscriptions_version();
  if (!version) return tl::unexpected(version.error());
  if (version_ == *version) return false;
  const auto subscriptions = journal.subscriptions();
  if (!subscriptions) return tl::unexpected(subscriptions.error());
  subscriptions_.clear();
  for (const auto& subscription : *subscriptions) {
    auto terms = Terms::of(subscription, run_);
    if (!terms) return tl::unexpected(std::move(terms).error());
    subscriptions_.emplace(subscription.no, std::make_shared<const Terms>(std::move(*terms)));
  }
  version_ = *version;
  return true;
}

std::shared_ptr<const Terms> Agreements::of(SubscriptionNo subscription) const {
  if (subscription == SubscriptionNo{}) return direct_;
  const auto found = subscriptions_.find(subscription);
  return found == subscriptions_.end() ? removed_ : found->second;
}

std::vector<std::string> Agreements::paused() const {
  std::vector<std::string> ids;
  for (const auto& [no, terms] : subscriptions_)
    if (terms->shut) ids.push_back(terms->subscription);
  return ids;
}

}  // namespace dispatch::flow
