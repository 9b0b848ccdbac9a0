#pragma once

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "journal/records.hpp"

#include <optional>
#include <vector>

namespace dispatch::operations {

/// Until when each secret is used that requests are signed with now.
std::vector<std::optional<WallTime>> secrets_in_use(const journal::SubscriptionRecord& record, WallTime now);

/// Of those, until when the older ones are used; nothing where there is only one.
std::optional<WallTime> older_until(const std::vector<std::optional<WallTime>>& secrets);

/// Adds a subscription with its state and the counts of its deliveries. Of headers and secrets no value is
/// told.
void add_subscription(JsonObject& object, const journal::SubscriptionRecord& record, WallTime now);

}  // namespace dispatch::operations
