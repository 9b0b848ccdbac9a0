#include "delivery/http/retry_after.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using dispatch::WallTime;
using dispatch::delivery::parse_retry_after;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT
constexpr WallTime now{784'111'777s};

}  // namespace

TEST_CASE("Retry-After in seconds is a wait from now") {
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after(" 0 ", now) == 0s);
}

TEST_CASE("Retry-After as a date of any of the three forms is a wait until then") {
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now) == 60s);
  CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:47 GMT", now) == 10s);
  CHECK(parse_retry_after("Sun Nov  6 09:49:37 1994", now) == 1h);
}

TEST_CASE("Retry-After in what servers send in place of the standard's forms is read") {
  CHECK(parse_retry_after("2.5", now) == 2500ms);
  CHECK(parse_retry_after("3s", now) == 3s);
  CHECK(parse_retry_after("0.25s", now) == 250ms);
  for (const char* text : {"Sun, 06 Nov 1994 08:50:37 UTC", "Sun, 06 Nov 1994 08:50:37 +0000",
                           "Sun, 06 Nov 1994 09:50:37 +0100", "Sun, 06 Nov 1994 08:50:37",
                           "1994-11-06T08:50:37Z", "1994-11-06T08:50:37.250Z", "1994-11-06T08:50:37",
                           "1994-11-06 08:50:37", "1994-11-06T09:50:37+01:00", "1994-11-06T03:20:37-05:30"}) {
    CAPTURE(text);
    CHECK(parse_retry_after(text, now) == 60s);
  }
  constexpr WallTime later{1'796'000'000s};
  CHECK(parse_retry_after("1796000060", later) == 60s);
  CHECK(parse_retry_after("1796000060250", later) == 60250ms);
  CHECK(parse_retry_after("1795999999", later) == 0s);
}

TEST_CASE("Retry-After with a date that has passed is no wait") {
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:36 GMT", now) == 0s);
  CHECK(parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT", now) == 0s);
}

TEST_CASE("Retry-After that is rubbish is ignored") {
  for (const char* text :
       {"", " ", "soon", "-1", "1e9", "nan", "12 s", "12m", "0x10", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT+1", "Sun, 06 Nov 1994", "1994-11-06", "1994-11-06T08:49:37+2500",
        "1994-11-06T08:49:37 Europe"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_retry_after(text, now));
  }
}

TEST_CASE("Retry-After with a NUL behind its date is rubbish") {
  using namespace std::string_view_literals;
  CHECK_FALSE(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT\0, or later"sv, now));
}

TEST_CASE("Retry-After beyond a century is a century") {
  const auto century = std::chrono::microseconds{std::chrono::years{100}};
  CHECK(parse_retry_after("99999999999999999999999", now) == century);
  CHECK(parse_retry_after("18446744073709551615", now) == century);
  CHECK(parse_retry_after(std::string(400, '9'), now) == century);
  CHECK(parse_retry_after("Sun, 06 Nov 9994 08:49:37 GMT", now) == century);
}
