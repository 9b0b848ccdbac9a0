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

/// What holds for the deliveries of one subscription, or for the direct ones.
struct DeliveryPolicy {
  std::string subscription;  ///< its id; empty: direct deliveries
  std::string url;           ///< where it goes; empty: direct deliveries
  policy::RetryPolicy retry;
  policy::StatusTable statuses;
  std::optional<Rate> rate;                ///< at one destination
  std::optional<std::size_t> concurrency;  ///< at one destination
  bool paused = false;                     ///< nothing of it is sent, and nothing waited for
  bool removed = false;                    ///< and that is for good

  /// Of direct deliveries.
  explicit DeliveryPolicy(const RunOptions& run) : retry(run.retry), statuses(run.statuses), rate(run.rate) {}
  /// What the subscription leaves open is as the run says, except its rate, and
  /// 410, which pauses it, unless a proxy may have answered. A status table that cannot be read is an error.
  static Result<DeliveryPolicy> of(const Subscription& subscription, const RunOptions& run);
};

/// The policies of all there are, as the journal says. Used by one thread.
class PolicySet {
 public:
  explicit PolicySet(const RunOptions& run);

  /// Reads the subscriptions again where any was changed. True where they were
  /// read.
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
