#include "delivery/http/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string>

namespace dispatch::delivery {
namespace {

constexpr std::chrono::seconds century = std::chrono::years{100};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::chrono::seconds> read_seconds(std::string_view text) {
  std::uint64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec == std::errc::invalid_argument || read.ptr != end) return std::nullopt;
  const auto most = static_cast<std::uint64_t>(century.count());
  if (read.ec == std::errc::result_out_of_range) seconds = most;
  return std::chrono::seconds{static_cast<std::int64_t>(std::min(seconds, most))};
}

std::optional<WallTime> read_date(const std::string& text) {
  // The forms of RFC 9110, 5.6.7: IMF-fixdate, RFC 850, asctime. The program keeps the C locale, whose names
  // of days and months are those of the standard.
  static constexpr std::array forms{"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                    "%a %b %d %H:%M:%S %Y"};
  for (const char* form : forms) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), form, &parts);
    if (end != text.c_str() + text.size()) continue;  // a NUL in the text ends it for strptime
    const std::chrono::year_month_day date{std::chrono::year{parts.tm_year + 1900},
                                           std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
                                           std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
    if (!date.ok()) return std::nullopt;
    return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{parts.tm_hour} +
           std::chrono::minutes{parts.tm_min} + std::chrono::seconds{parts.tm_sec};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::microseconds> parse_retry_after(std::string_view text, WallTime now) {
  const auto value = trimmed(text);
  if (const auto seconds = read_seconds(value)) return *seconds;
  const auto date = read_date(std::string{value});
  if (!date) return std::nullopt;
  return std::clamp<std::chrono::microseconds>(*date - now, std::chrono::microseconds{0}, century);
}

}  // namespace dispatch::delivery
