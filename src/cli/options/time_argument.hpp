#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

#include <optional>
#include <string_view>

namespace dispatch::cli {

/// Reads a moment as a person writes it: a duration before `now` ("2h", "90s"), a day ("2026-03-01", its
/// beginning), or a time of RFC 3339 ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00.25+01:00"). What has no
/// offset is UTC.
Result<WallTime> parse_time_argument(std::string_view text, WallTime now);
/// The same of an option that was given: where `text` is empty, `into` stays as it is.
Result<> read_time_argument(std::string_view text, WallTime now, std::optional<WallTime>& into);

}  // namespace dispatch::cli
