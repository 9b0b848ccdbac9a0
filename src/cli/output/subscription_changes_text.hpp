#pragma once

#include "operations/subscriptions/subscription_changes.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

/// For people: one line for each subscription, and one for each field that changes.
///
///     + billing   https://example.com/hook   order.*
///     ~ audit
///         rate      100/s -> off
///     = search
///     - old
std::string changes_text(const std::vector<operations::SubscriptionChange>& changes);

/// "1 added, 2 changed, 3 unchanged"; zero counts are left out.
std::string changes_summary(const std::vector<operations::SubscriptionChange>& changes);

}  // namespace dispatch::cli
