#pragma once

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <optional>
#include <vector>

namespace dispatch::operations {

/// When each secret that signs requests now expires.
std::vector<std::optional<WallTime>> secrets_in_use(const journal::SubscriptionRecord& record, WallTime now);

/// When the older ones of these expire; nothing if there is only one.
std::optional<WallTime> older_until(const std::vector<std::optional<WallTime>>& secrets);

/// Adds a subscription with its state and the counts of its deliveries. Values of headers and secrets are
/// left out.
void add_subscription(JsonObject& object, const journal::SubscriptionRecord& record, WallTime now);

}  // namespace dispatch::operations
