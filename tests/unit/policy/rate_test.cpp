#include "policy/rate.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::policy;
using namespace std::chrono_literals;

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
