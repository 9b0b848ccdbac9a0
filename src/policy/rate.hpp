#pragma once

#include "base/error.hpp"
#include "event/subscription.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::policy {

/// Parses "100/s" (in any second), "5/1m", "1/250ms"; "off" gives nothing: no limit. From 1 to 1,000,000
/// requests, in 1ms to 24h; anything else is misuse.
Result<std::optional<Rate>> parse_rate(std::string_view text);

/// The inverse of parse_rate(): "100/s", "5/1m", "off".
std::string format_rate(const std::optional<Rate>& rate);

}  // namespace dispatch::policy
