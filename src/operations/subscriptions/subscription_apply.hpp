#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/subscriptions/subscription_changes.hpp"

#include <functional>
#include <string>
#include <vector>

namespace dispatch::operations {

/// How a declared set of subscriptions is applied to a journal.
struct SetOptions {
  bool prune = false;    ///< true: remove subscriptions that are not declared
  bool discard = false;  ///< true: remove them even if they have open deliveries
};

/// Changes the journal's subscriptions to the declared set in one transaction. First calls `tell` with the
/// changes, unless there are none. An error leaves everything unchanged.
Result<std::vector<SubscriptionChange>> apply_set(
    journal::Journal& journal, const std::vector<Declared>& declared, const SetOptions& options, WallTime now,
    const std::function<void(const std::vector<SubscriptionChange>&)>& tell);

/// The warnings about changes, one text each: new secrets that are weak or probably not meant literally
/// (without showing them), and new URLs that another declared subscription also has.
std::vector<std::string> warnings_of(const std::vector<SubscriptionChange>& changes);

}  // namespace dispatch::operations
