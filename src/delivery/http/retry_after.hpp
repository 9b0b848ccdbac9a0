#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace dispatch::delivery {

/// Reads the value of a Retry-After field (RFC 9110, 10.2.3) as time from `now`: whole seconds, or an
/// HTTP-date in any of its three forms (5.6.7). A date that has passed is 0. What is neither is nothing. More
/// seconds than fit a century are a century.
std::optional<std::chrono::microseconds> parse_retry_after(std::string_view text, WallTime now);

}  // namespace dispatch::delivery
