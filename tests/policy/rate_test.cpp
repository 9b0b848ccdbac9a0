#include "policy/rate.hpp"

#include "support/fullest_stretch.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::policy;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

SteadyTime at(std::chrono::microseconds since) {
  return SteadyTime{since};
}

void leave(RateLog& log, SteadyTime now, int requests = 1) {
  for (int i = 0; i < requests; ++i) {
    REQUIRE(log.allowance(now) > 0);
    log.reserve();
    log.stamp(now);
  }
}

}  // namespace

TEST_CASE("the request after a full window leaves when the oldest in it is old enough") {
  RateLog log{{3, 1s}};
  leave(log, at(0ms));
  leave(log, at(400ms), 2);
  CHECK(log.allowance(at(999ms)) == 0);
  CHECK(log.next(at(999ms)) == at(1000ms));
  CHECK(log.allowance(at(1000ms)) == 1);
  leave(log, at(1000ms));
  CHECK(log.allowance(at(1399ms)) == 0);
  CHECK(log.next(at(1399ms)) == at(1400ms));
  CHECK(log.allowance(at(1400ms)) == 2);
}

TEST_CASE("what is reserved counts for every moment until it has left for a whole window") {
  RateLog log{{2, 1s}};
  log.reserve(2);
  CHECK(log.allowance(at(1h)) == 0);
  CHECK_FALSE(log.next(at(1h)));  // only its leaving starts the time
  log.stamp(at(1h));
  log.give_back();
  CHECK(log.allowance(at(1h)) == 1);
  CHECK(log.allowance(at(1h + 1s)) == 2);
  CHECK_FALSE(log.empty(at(1h)));
  CHECK(log.empty(at(1h + 1s)));
}

TEST_CASE("a rate that becomes smaller counts what has left") {
  RateLog log{{10, 1s}};
  leave(log, at(0ms), 8);
  log.change({5, 2s});
  CHECK(log.allowance(at(1999ms)) == 0);
  CHECK(log.allowance(at(2s)) == 5);
}

TEST_CASE("no window of a thousand random histories holds more than the rate and none is left unused") {
  std::mt19937_64 engine{20261121};
  for (int history = 0; history < 1'000; ++history) {
    const Rate rate{static_cast<unsigned>(engine() % 8 + 1),
                    std::chrono::microseconds{static_cast<std::int64_t>(engine() % 1'000 + 1)}};
    RateLog log{rate};
    std::vector<SteadyTime> left;
    std::size_t reserved = 0;
    SteadyTime now{};
    for (int step = 0; step < 200; ++step) {
      now += std::chrono::microseconds{engine() % 3 == 0 ? static_cast<std::int64_t>(engine() % 300) : 0};
      const auto young = [&](SteadyTime moment) { return now - moment < rate.per; };
      const auto counted = static_cast<std::size_t>(std::count_if(left.begin(), left.end(), young));
      REQUIRE(log.allowance(now) == rate.count - counted - reserved);
      if (const auto next = log.next(now)) {
        REQUIRE(log.allowance(*next - 1us) == log.allowance(now));
        REQUIRE(log.allowance(*next) > log.allowance(now));
      } else {
        REQUIRE(counted == 0);
      }
      if (const std::size_t free = log.allowance(now); free > 0 && engine() % 2 == 0) {
        const std::size_t some = engine() % free + 1;
        log.reserve(some);
        reserved += some;
      }
      for (; reserved > 0 && engine() % 2 == 0; --reserved) {
        if (engine() % 8 == 0) {
          log.give_back();
          continue;
        }
        log.stamp(now);
        left.push_back(now);
      }
    }
    REQUIRE(fullest_stretch(left, rate.per) <= rate.count);
  }
}

TEST_CASE("rates are read as people write them") {
  CHECK(parse_rate("100/s").value() == Rate{100, 1s});
  CHECK(parse_rate("5/1m").value() == Rate{5, 1min});
  CHECK(parse_rate("5/m").value() == Rate{5, 1min});
  CHECK(parse_rate("1/250ms").value() == Rate{1, 250ms});
  CHECK(parse_rate("1000000/24h").value() == Rate{1'000'000, 24h});
  CHECK_FALSE(parse_rate("off").value());
}

TEST_CASE("what is not a rate is refused with what is wrong about it") {
  for (const char* text :
       {"",     "/",    "100", "s",         "100/",          "/s",  "100/x", "1.5/s", "-1/s",  "+1/s",
        " 1/s", "1/s ", "0/s", "1000001/s", "99999999999/s", "1/0", "1/0s",  "1/1us", "1/25h", "Off"}) {
    CAPTURE(text);
    const auto rate = parse_rate(text);
    REQUIRE_FALSE(rate);
    CHECK(rate.error().failure == Failure::usage);
    CHECK(rate.error().message.find('\'' + std::string{text} + '\'') != std::string::npos);
  }
}

TEST_CASE("a rate is written as it is read") {
  for (const char* text : {"100/s", "5/1m", "7/2s", "1/250ms", "3/1500us", "9/24h", "off"})
    CHECK(format_rate(parse_rate(text).value()) == text);
}
