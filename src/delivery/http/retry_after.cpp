#include "delivery/http/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <string>

namespace dispatch::delivery {
namespace {

using std::chrono::microseconds;

constexpr microseconds century = std::chrono::years{100};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "120", "2.5", "3s": a wait. A whole number that would be a wait of more than thirty years is a time since
/// 1970, in seconds or in milliseconds.
std::optional<microseconds> read_number(std::string_view text, WallTime now) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view unit{read.ptr, static_cast<std::size_t>(text.data() + text.size() - read.ptr)};
  if (!unit.empty() && unit != "s") return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) return century;
  const bool whole = unit.empty() && text.find('.') == std::string_view::npos;
  const bool seconds_since_1970 = number >= 1e9 && number < 1e10;
  const bool milliseconds_since_1970 = number >= 1e12 && number < 1e13;
  if (whole && (seconds_since_1970 || milliseconds_since_1970)) {
    const auto since = microseconds{static_cast<std::int64_t>(number * (seconds_since_1970 ? 1e6 : 1e3))};
    return std::clamp<microseconds>(WallTime{since} - now, microseconds{0}, century);
  }
  const double most = std::chrono::duration<double>{century}.count();
  return microseconds{std::llround(std::min(number, most) * 1e6)};
}

/// How far behind UTC is what stands behind a time: nothing, "Z", "GMT", "UTC", "+0100", "-05:30", "+01".
std::optional<std::chrono::minutes> read_zone(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text == "Z" || text == "GMT" || text == "UTC") return std::chrono::minutes{0};
  if (text.front() != '+' && text.front() != '-') return std::nullopt;
  std::string digits{text.substr(1)};
  if (digits.size() == 5 && digits[2] == ':') digits.erase(2, 1);
  if (digits.size() == 2) digits += "00";
  if (digits.size() != 4 || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  const int hours = (digits[0] - '0') * 10 + digits[1] - '0',
            minutes = (digits[2] - '0') * 10 + digits[3] - '0';
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  return text.front() == '+' ? ahead : -ahead;
}

std::optional<WallTime> read_date(const std::string& text) {
  // The forms of RFC 9110, 5.6.7 (IMF-fixdate, RFC 850, asctime), and ISO 8601. The program keeps the C
  // locale, whose names of days and months are those of the standard.
  static constexpr std::array forms{"%a, %d %b %Y %H:%M:%S", "%A, %d-%b-%y %H:%M:%S", "%a %b %d %H:%M:%S %Y",
                                    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"};
  for (const char* form : forms) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), form, &parts);
    if (end == nullptr) continue;
    std::string_view rest{text};  // a NUL in the text ends it for strptime, and is not the end here
    rest.remove_prefix(static_cast<std::size_t>(end - text.c_str()));
    if (rest.starts_with('.'))
      rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
    const auto ahead = read_zone(rest);
    const std::chrono::year_month_day date{std::chrono::year{parts.tm_year + 1900},
                                           std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
                                           std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
    if (!ahead || !date.ok()) return std::nullopt;
    return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{parts.tm_hour} +
           std::chrono::minutes{parts.tm_min} + std::chrono::seconds{parts.tm_sec} - *ahead;
  }
  return std::nullopt;
}

}  // namespace

std::optional<microseconds> parse_retry_after(std::string_view text, WallTime now) {
  const auto value = trimmed(text);
  if (const auto wait = read_number(value, now)) return wait;
  const auto date = read_date(std::string{value});
  if (!date) return std::nullopt;
  return std::clamp<microseconds>(*date - now, microseconds{0}, century);
}

}  // namespace dispatch::delivery
