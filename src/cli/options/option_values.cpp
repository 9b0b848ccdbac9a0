#include "cli/options/option_values.hpp"

#include <cctype>
#include <charconv>
#include <utility>

namespace dispatch::cli {

Option from_environment(Option option) {
  std::string variable = "DISPATCH_";
  for (const char c : option.long_name())
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return option.environment(variable);
}

Result<double> parse_share(std::string_view text) {
  const bool percent = !text.empty() && text.back() == '%';
  const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
  double number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  const double share = percent ? number / 100 : number;
  if (error != std::errc{} || end != digits.data() + digits.size() || !(share >= 0 && share <= 1))
    return misuse("'{}' is not a share; write 10% or 0.1, from 0 to 100%", text);
  return share;
}

Result<std::chrono::milliseconds> parse_connection_lifetime(std::string_view text) {
  DISPATCH_ASSIGN(const auto duration, parse_duration(text));
  const auto lifetime = std::chrono::floor<std::chrono::milliseconds>(duration);
  if (lifetime < std::chrono::seconds{2} || lifetime > std::chrono::hours{24})
    return misuse("'{}' is not between 2s and 24h", text);
  return lifetime;
}

Result<DurationRange> parse_duration_range(std::string_view text) {
  const auto dots = text.find("..");
  const auto first = parse_duration(text.substr(0, dots));
  const auto most = dots == std::string_view::npos ? first : parse_duration(text.substr(dots + 2));
  if (!first || !most)
    return misuse("'{}' is not a range of durations; write the first and the longest, as in 1s..60s", text);
  if (*most < *first)
    return misuse("'{}' ends below its start; write the shorter duration first, as in 1s..60s", text);
  return DurationRange{*first, *most};
}

}  // namespace dispatch::cli
