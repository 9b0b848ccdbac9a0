#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace dispatch::delivery {

/// Parses the value of a Retry-After field as a duration from `now`: seconds or an HTTP-date in any of its
/// three forms (RFC 9110, 10.2.3 and 5.6.7), and forms that servers also send: "2.5", "3s", a date with
/// another zone or in ISO 8601, and seconds or milliseconds since 1970. A time in the past is 0, more than a
/// century is limited to a century, and anything else is nothing.
std::optional<std::chrono::microseconds> parse_retry_after(std::string_view text, WallTime now);

}  // namespace dispatch::delivery
