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
  Subscription wanted;                ///< settled (settle_definition()), without secrets
  std::optional<std::string> secret;  ///< the newest from now on; nothing: those there are stay
  std::chrono::microseconds secret_keep = secret_kept;  ///< how long older secrets go on
  bool replace = false;                                 ///< the journal may have one of that id
  std::optional<Subscription> former;  ///< what the journal had of that id when `wanted` was made of it
};

struct SubscriptionAdded {
  /// Where it is not `no`, nothing was changed.
  enum class Refused {
    no,
    exists,             ///< the journal has one of that id, which was not to be replaced
    changed_meanwhile,  ///< the one there is differs from `former`
  } refused = Refused::no;
  SubscriptionChange change{};
  bool replaced = false;
  bool moved = false;                       ///< one was replaced, and its URL is another
  std::optional<std::string> shared_url{};  ///< a warning, where another subscription has the same URL
  std::int64_t fanned_out = 0;              ///< deliveries made of events that the journal held
};

/// Puts a subscription into the journal, in one transaction, also while a run is on. `backfill`, which may be
/// null, is of that subscription and new: it makes its deliveries in that transaction and, where these are
/// many, in others after it. An error of those says that the subscription is there and paused.
Result<SubscriptionAdded> add_subscription(journal::Journal& journal, const Clock& clock,
                                           const SubscriptionToAdd& addition,
                                           SubscriptionBackfill* backfill = nullptr);

}  // namespace dispatch::operations
