#pragma once

#include "operations/subscriptions/subscription_changes.hpp"

#include <string>
#include <vector>

namespace dispatch::operations {

/// The changes for programs: one JSON object for each line.
std::string changes_json(const std::vector<SubscriptionChange>& changes);

}  // namespace dispatch::operations
