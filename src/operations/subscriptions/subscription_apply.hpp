#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/subscriptions/subscription_changes.hpp"

#include <functional>
#include <string>
#include <vector>

namespace dispatch::operations {

/// How a declared set is brought into a journal.
struct SetOptions {
  bool prune = false;    ///< what is not declared is removed
  bool discard = false;  ///< also where deliveries are not done
};

/// Makes the journal's subscriptions as declared, in one turn, after `tell` was told what will change; it is
/// not told where nothing does. An error leaves all as it was.
Result<std::vector<SubscriptionChange>> apply_set(
    journal::Journal& journal, const std::vector<Declared>& declared, const SetOptions& options, WallTime now,
    const std::function<void(const std::vector<SubscriptionChange>&)>& tell);

/// What to warn of, a line each: each new secret that is weak or may not be meant as it stands, showing none,
/// and each new URL that another of the declared subscriptions has.
std::vector<std::string> warnings_of(const std::vector<SubscriptionChange>& changes);

}  // namespace dispatch::operations
