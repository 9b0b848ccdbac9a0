// Retry-After: seconds and the three forms of dates are read exactly; nothing else is a wait, and no wait is
// below zero or beyond a century.

#include "delivery/http/retry_after.hpp"

#include "fuzz/input.hpp"
#include "fuzz/property.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string>

#include <fmt/chrono.h>

using namespace dispatch;
using namespace dispatch::test;
using delivery::parse_retry_after;
using std::chrono::microseconds;
using std::chrono::seconds;

namespace {

constexpr microseconds century = std::chrono::years{100};
/// A year of two digits means one from 1969 to 2068.
constexpr std::int64_t first_short = -31'536'000, last_short = 3'124'223'999;

void check_number(std::uint64_t number, WallTime now) {
  const auto wait = parse_retry_after(std::to_string(number), now);
  PROPERTY(wait.has_value());
  const auto ahead = [&](microseconds since_1970) {
    return std::clamp<microseconds>(WallTime{since_1970} - now, microseconds{0}, century);
  };
  const auto whole = static_cast<std::int64_t>(number);
  if (number >= 1'000'000'000 && number < 10'000'000'000)
    PROPERTY(*wait == ahead(seconds{whole}));
  else if (number >= 1'000'000'000'000 && number < 10'000'000'000'000)
    PROPERTY(*wait == ahead(std::chrono::milliseconds{whole}));
  else
    PROPERTY(number > 3'155'695'200 ? *wait == century : *wait == seconds{whole});
}

void check_date(std::int64_t moment, WallTime now) {
  const std::time_t time = moment;
  std::tm parts{};
  gmtime_r(&time, &parts);
  const auto due = std::clamp<microseconds>(WallTime{seconds{moment}} - now, microseconds{0}, century);
  PROPERTY(parse_retry_after(fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", parts), now) == due);
  PROPERTY(parse_retry_after(fmt::format("{:%a %b} {:2} {:%H:%M:%S %Y}", parts, parts.tm_mday, parts), now) ==
           due);
  if (moment >= first_short && moment <= last_short)
    PROPERTY(parse_retry_after(fmt::format("{:%A, %d-%b-%y %H:%M:%S} GMT", parts), now) == due);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | input.byte();
  const WallTime now{seconds{784'111'777}};
  check_number(bits >> (bits & 0x3F), now);
  check_date(static_cast<std::int64_t>(bits % 253'402'300'799), now);  // to the end of 9999

  const auto text = input.rest();
  const auto wait = parse_retry_after(text, now);
  if (!wait) return 0;
  PROPERTY(*wait >= microseconds{0} && *wait <= century);
  PROPERTY(std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
  PROPERTY(text.find('\0') == std::string_view::npos);
  PROPERTY(text.find('-') == std::string_view::npos || text.find(':') != std::string_view::npos);
  PROPERTY(parse_retry_after(" \t" + std::string{text} + " ", now) == wait);
  return 0;
}
