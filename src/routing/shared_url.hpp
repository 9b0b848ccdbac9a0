#pragma once

#include "event/subscription.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dispatch::routing {

/// What to tell an operator where `wanted` goes to the URL of another of `all`, which may hold `wanted`
/// itself: an event that both want arrives there twice with the same Idempotency-Key. Nothing where none
/// does.
std::optional<std::string> shared_url_warning(const Subscription& wanted,
                                              const std::vector<Subscription>& all);

}  // namespace dispatch::routing
