#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch {

/// The longest allowed duration; a longer one would overflow when added to a time.
inline constexpr std::chrono::microseconds longest_duration = std::chrono::years{1'000};

/// Parses a duration: a decimal number and one of us, ms, s, m, h, d, without space ("250ms", "1.5s", "2h").
/// The unit is required, except after 0. Negative, overflowing and empty text is misuse.
Result<std::chrono::microseconds> parse_duration(std::string_view text);

/// Parses a size in bytes: a decimal integer with no unit, B, K, M, G (powers of 1024), KiB, MiB, GiB, or KB,
/// MB, GB (powers of 1000). "64K" is 65,536. Negative, overflowing and empty text is misuse.
Result<std::uint64_t> parse_size(std::string_view text);

/// A short form: "250ms", "1.5s", "2m 5s", "3h 20m". Three significant digits under a minute.
std::string format_duration(std::chrono::microseconds duration);

/// "512 B", "1.5 KiB", "20 MiB".
std::string format_size(std::uint64_t bytes);

/// RFC 3339 in UTC with milliseconds: "2026-03-01T12:00:00.250Z".
std::string format_time(WallTime time);

}  // namespace dispatch
