#pragma once

#include "event/subscription_set.hpp"

#include <optional>
#include <string>

namespace dispatch::routing {

/// A warning if another subscription in `all`, which may contain `wanted` itself, has the URL of `wanted`: an
/// event that both select arrives there twice with the same Idempotency-Key. Nothing if there is none.
std::optional<std::string> shared_url_warning(const Subscription& wanted, const SubscriptionSet& all);

}  // namespace dispatch::routing
