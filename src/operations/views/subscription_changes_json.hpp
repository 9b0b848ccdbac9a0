#pragma once

#include "operations/subscriptions/subscription_changes.hpp"

#include <string>
#include <vector>

namespace dispatch::operations {

/// For programs: one JSON object a line.
std::string changes_json(const std::vector<SubscriptionChange>& changes);

}  // namespace dispatch::operations
