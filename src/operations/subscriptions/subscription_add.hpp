#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/subscription.hpp"
#include "journal/journal.hpp"
#include "operations/subscriptions/subscription_backfill.hpp"
#include "operations/subscriptions/subscription_changes.hpp"
#include "operations/subscriptions/subscription_file.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::operations {

struct SubscriptionToAdd {
  Subscription wanted;                ///< validated by settle_definition(), without secrets
  std::optional<std::string> secret;  ///< becomes the newest secret; nothing: keep the present ones
  std::chrono::microseconds secret_keep = secret_kept;  ///< how long older secrets stay valid
  bool replace = false;                                 ///< true: replace a subscription with this id
  std::optional<Subscription> former;  ///< the definition in the journal on which `wanted` is based
};

struct SubscriptionAdded {
  /// If it is not `no`, nothing was changed.
  enum class Refused {
    no,
    exists,             ///< the journal has a subscription with this id, and `replace` is false
    changed_meanwhile,  ///< the definition in the journal differs from `former`
  } refused = Refused::no;
  SubscriptionChange change{};
  bool replaced = false;
  bool moved = false;                       ///< true: a subscription was replaced and has another URL now
  std::optional<std::string> shared_url{};  ///< warning: another subscription has the same URL
  std::int64_t fanned_out = 0;              ///< deliveries made for existing events
};

/// Adds or replaces a subscription in one transaction, also while a run is active. `backfill`, which may be
/// null, must be new and belong to that subscription: it makes its deliveries in that transaction and, if
/// there are many, in further ones. An error of the further ones says that the subscription was added and is
/// paused.
Result<SubscriptionAdded> add_subscription(journal::Journal& journal, const Clock& clock,
                                           const SubscriptionToAdd& addition,
                                           SubscriptionBackfill* backfill = nullptr);

}  // namespace dispatch::operations
