#include "cli/options/time_argument.hpp"

#include "base/text/units.hpp"

#include <chrono>
#include <optional>

namespace dispatch::cli {
namespace {

using namespace std::chrono;

/// Takes text from the front, piece by piece.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Exactly so many digits.
  std::optional<int> digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) return std::nullopt;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  /// Digits after a decimal point, as a part of a second.
  std::optional<microseconds> fraction() {
    std::int64_t value = 0, scale = 1'000'000;
    bool some = false;
    for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; rest_.remove_prefix(1)) {
      some = true;
      if (scale == 1) continue;  // finer than it is stored
      scale /= 10;
      value += (rest_.front() - '0') * scale;
    }
    if (!some) return std::nullopt;
    return microseconds{value};
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<sys_days> day(Pieces& text) {
  const auto y = text.digits(4);
  if (!y || !text.take('-')) return std::nullopt;
  const auto m = text.digits(2);
  if (!m || !text.take('-')) return std::nullopt;
  const auto d = text.digits(2);
  if (!d) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)},
                            std::chrono::day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::optional<minutes> clock_time(Pieces& text) {
  const auto h = text.digits(2);
  if (!h || *h > 23 || !text.take(':')) return std::nullopt;
  const auto m = text.digits(2);
  if (!m || *m > 59) return std::nullopt;
  return hours{*h} + minutes{*m};
}

std::optional<minutes> offset(Pieces& text) {
  if (text.at_end() || text.take('Z') || text.take('z')) return minutes{0};
  const bool west = text.take('-');
  if (!west && !text.take('+')) return std::nullopt;
  const auto distance = clock_time(text);
  if (!distance) return std::nullopt;
  return west ? -*distance : *distance;
}

std::optional<WallTime> calendar_moment(std::string_view written) {
  Pieces text{written};
  const auto date = day(text);
  if (!date) return std::nullopt;
  if (text.at_end()) return WallTime{*date};
  if (!text.take('T') && !text.take('t') && !text.take(' ')) return std::nullopt;
  const auto minute = clock_time(text);
  if (!minute || !text.take(':')) return std::nullopt;
  const auto second = text.digits(2);
  if (!second || *second > 60) return std::nullopt;
  microseconds part{0};
  if (text.take('.')) {
    const auto fraction = text.fraction();
    if (!fraction) return std::nullopt;
    part = *fraction;
  }
  const auto east = offset(text);
  if (!east || !text.at_end()) return std::nullopt;
  return WallTime{*date} + *minute + seconds{*second} + part - *east;
}

}  // namespace

Result<WallTime> parse_time_argument(std::string_view text, WallTime now) {
  if (const auto moment = calendar_moment(text)) return *moment;
  constexpr std::string_view ago_word = " ago";
  const auto duration = text.ends_with(ago_word) ? text.substr(0, text.size() - ago_word.size()) : text;
  if (const auto ago = parse_duration(duration)) return now - *ago;
  return misuse(
      "'{}' is not a time; write how long ago it was (2h or \"2h ago\"), a day (2026-03-01) or a time "
      "(2026-03-01T12:00:00Z)",
      text);
}

Result<> read_time_argument(std::string_view text, WallTime now, std::optional<WallTime>& into) {
  if (text.empty()) return {};
  DISPATCH_ASSIGN(into, parse_time_argument(text, now));
  return {};
}

}  // namespace dispatch::cli
