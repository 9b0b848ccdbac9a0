// Durations, sizes and moments as people write them: what is shown can be read again, and means the same.

#include "base/text/units.hpp"

#include "cli/options/time_argument.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>

#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono;

namespace {

/// Numbers are read as double.
constexpr std::int64_t exact_most = std::int64_t{1} << 53;
constexpr WallTime epoch{};
constexpr microseconds longest_read = years{1'000};

void check_text(std::string_view text) {
  if (const auto duration = parse_duration(text)) {
    PROPERTY(*duration >= microseconds{0});
    PROPERTY(!text.empty() && text.front() >= '0' && text.front() <= '9');
    const auto moment = cli::parse_time_argument(text, epoch);
    PROPERTY(moment && *moment == epoch - *duration);
  } else {
    PROPERTY(duration.error().failure == Failure::usage);
  }
  if (const auto size = parse_size(text)) {
    PROPERTY(*size <= std::uint64_t{1} << 62);
    PROPERTY(!text.empty() && text.front() >= '0' && text.front() <= '9');
  }
  if (const auto moment = cli::parse_time_argument(text, epoch)) {
    const auto shown = format_time(*moment);
    const auto again = cli::parse_time_argument(shown, epoch);
    if (!shown.starts_with('-') && shown.size() == 24)
      PROPERTY(again && *again == floor<milliseconds>(*moment));
  }
}

/// The sum of its words, as "2m 5s" is read by people.
double shown_microseconds(const std::string& shown) {
  double sum = 0;
  for (std::size_t at = 0; at < shown.size();) {
    const auto end = std::min(shown.find(' ', at), shown.size());
    const auto word = parse_duration(std::string_view{shown}.substr(at, end - at));
    PROPERTY(word.has_value());
    sum += static_cast<double>(word->count());
    at = end + 1;
  }
  return sum;
}

void check_duration(std::int64_t count) {
  const auto shown = format_duration(microseconds{count});
  PROPERTY(!shown.empty() && shown.size() < 32);
  PROPERTY(shown.starts_with('-') == (count < 0));
  if (count < 0 || microseconds{count} > longest_read) return;
  const double us = static_cast<double>(count);
  const double unit = us < 59.95e6 ? us * 0.01 : us < 3.6e9 ? 1e6 : us < 172.8e9 ? 60e6 : 3.6e9;
  PROPERTY(std::abs(shown_microseconds(shown) - us) <= unit);
  if (count <= exact_most) PROPERTY(parse_duration(fmt::format("{}us", count)) == microseconds{count});
}

void check_size(std::uint64_t bytes) {
  const auto shown = format_size(bytes);
  PROPERTY(!shown.empty() && shown.size() < 16);
  if (bytes <= static_cast<std::uint64_t>(exact_most)) PROPERTY(parse_size(std::to_string(bytes)) == bytes);
  const auto space = shown.find(' ');
  PROPERTY(space != std::string::npos);
  const auto read = parse_size(shown.substr(0, space) + shown.substr(space + 1));
  if (!read) return;  // no person writes exbibytes
  const double written = static_cast<double>(bytes);
  PROPERTY(std::abs(static_cast<double>(*read) - written) <= written * 0.06);
}

void check_time(std::int64_t count) {
  const WallTime time{microseconds{count}};
  const auto shown = format_time(time);
  PROPERTY(shown.ends_with('Z'));
  if (shown.size() == 24 && !shown.starts_with('-')) {
    const auto read = cli::parse_time_argument(shown, epoch);
    PROPERTY(read && *read == floor<milliseconds>(time));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | input.byte();
  const auto number = static_cast<std::int64_t>(bits) >> (input.byte() & 0x3F);
  check_duration(number);
  check_size(static_cast<std::uint64_t>(number));
  check_time(number);
  check_text(input.rest());
  return 0;
}
