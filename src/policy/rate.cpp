#include "policy/rate.hpp"

#include "base/text/units.hpp"

#include <charconv>

namespace dispatch::policy {
namespace {

using namespace std::chrono_literals;

constexpr unsigned requests_most = 1'000'000;

}  // namespace

Result<std::optional<Rate>> parse_rate(std::string_view text) {
  if (text == "off") return std::optional<Rate>{};
  Rate rate;
  const auto slash = text.find('/');
  const auto number = text.substr(0, slash);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), rate.count);
  if (slash == std::string_view::npos || error != std::errc{} || end != number.data() + number.size())
    return misuse("'{}' is not a rate; write a number and a time, as in 100/s or 5/1m, or off", text);
  if (rate.count < 1 || rate.count > requests_most)
    return misuse("'{}' is not a rate; its number must be from 1 to {}", text, requests_most);
  const std::string_view per = text.substr(slash + 1);
  const bool unit_alone = !per.empty() && (per.front() < '0' || per.front() > '9');
  const auto duration = parse_duration(unit_alone ? "1" + std::string{per} : std::string{per});
  if (!duration || *duration < 1ms || *duration > 24h)
    return misuse("'{}' is not a rate; its time must be from 1ms to 24h, as in 100/s or 5/1m", text);
  rate.per = *duration;
  return std::optional{rate};
}

std::string format_rate(const std::optional<Rate>& rate) {
  if (!rate) return "off";
  const auto us = rate->per.count();
  if (us == 1'000'000) return fmt::format("{}/s", rate->count);
  if (us % 3'600'000'000 == 0) return fmt::format("{}/{}h", rate->count, us / 3'600'000'000);
  if (us % 60'000'000 == 0) return fmt::format("{}/{}m", rate->count, us / 60'000'000);
  if (us % 1'000'000 == 0) return fmt::format("{}/{}s", rate->count, us / 1'000'000);
  if (us % 1'000 == 0) return fmt::format("{}/{}ms", rate->count, us / 1'000);
  return fmt::format("{}/{}us", rate->count, us);
}

}  // namespace dispatch::policy
