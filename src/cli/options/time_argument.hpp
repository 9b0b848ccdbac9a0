#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

#include <optional>
#include <string_view>

namespace dispatch::cli {

/// Parses a time: a duration before `now` ("2h", "90s"), a date ("2026-03-01", its beginning), or RFC 3339
/// ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00.25+01:00"). Without an offset it is UTC.
Result<WallTime> parse_time_argument(std::string_view text, WallTime now);
/// Parses a time option into `into`; if `text` is empty, `into` keeps its value.
Result<> read_time_argument(std::string_view text, WallTime now, std::optional<WallTime>& into);

}  // namespace dispatch::cli
