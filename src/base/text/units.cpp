#include "base/text/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <utility>

namespace dispatch {
namespace {

using std::chrono::microseconds;

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array duration_units{Unit{"us", 1},   Unit{"ms", 1e3},  Unit{"s", 1e6},
                                    Unit{"m", 60e6}, Unit{"h", 3.6e9}, Unit{"d", 86.4e9}};
constexpr std::array size_units{Unit{"", 1},
                                Unit{"B", 1},
                                Unit{"K", 1024.0},
                                Unit{"KiB", 1024.0},
                                Unit{"KB", 1e3},
                                Unit{"M", 1048576.0},
                                Unit{"MiB", 1048576.0},
                                Unit{"MB", 1e6},
                                Unit{"G", 1073741824.0},
                                Unit{"GiB", 1073741824.0},
                                Unit{"GB", 1e9}};

/// A non-negative decimal number at the front of `text`; the rest is the unit.
bool split_number(std::string_view text, double& number, std::string_view& unit) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{}) return false;
  unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

Result<microseconds> parse_duration(std::string_view text) {
  double number = 0;
  std::string_view unit;
  if (!split_number(text, number, unit))
    return misuse("'{}' is not a duration; write a number and a unit, as in 250ms, 1.5s or 2h", text);
  if (unit.empty() && number == 0) return microseconds{0};
  for (const auto& [name, factor] : duration_units) {
    if (name != unit) continue;
    const double value = std::round(number * factor);
    if (value > static_cast<double>(longest_duration.count()))
      return misuse("'{}' is too long a duration; the longest is a thousand years", text);
    return microseconds{static_cast<std::int64_t>(value)};
  }
  return misuse("'{}' is not a duration; its unit must be one of us, ms, s, m, h, d", text);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  double number = 0;
  std::string_view unit;
  if (!split_number(text, number, unit))
    return misuse("'{}' is not a size; write a number and a unit, as in 512, 64K or 1MiB", text);
  for (const auto& [name, factor] : size_units) {
    if (name != unit) continue;
    const double value = std::round(number * factor);
    if (value > 0x1.0p62) return misuse("'{}' is too large a size", text);
    return static_cast<std::uint64_t>(value);
  }
  return misuse("'{}' is not a size; its unit must be one of B, K, M, G, KiB, MiB, GiB, KB, MB, GB", text);
}

std::string format_duration(microseconds duration) {
  if (duration < microseconds{0})  // the least of all has no opposite; the one above it is shown alike
    return "-" + format_duration(-std::max(duration, microseconds{1} + microseconds::min()));
  const double us = static_cast<double>(duration.count());
  if (us < 999.5) return fmt::format("{}us", duration.count());
  if (us < 999.5e3) return fmt::format("{:.3g}ms", us / 1e3);
  if (us < 59.95e6) return fmt::format("{:.3g}s", us / 1e6);
  const auto half_up = (duration % std::chrono::seconds{1}) / std::chrono::milliseconds{500};
  const auto seconds = duration / std::chrono::seconds{1} + half_up;
  if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  if (seconds < 172800) return fmt::format("{}h {}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d {}h", seconds / 86400, seconds / 3600 % 24);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}) {
    value /= 1024;
    unit = next;
    if (value < 1023.5) break;
  }
  return value < 9.95 ? fmt::format("{:.1f} {}", value, unit) : fmt::format("{:.0f} {}", value, unit);
}

std::string format_time(WallTime time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t since_epoch = seconds.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&since_epoch, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     (milliseconds - seconds).count());
}

}  // namespace dispatch
