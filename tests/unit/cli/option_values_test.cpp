#include "cli/options/option_values.hpp"

#include "base/text/whole_number.hpp"
#include "cli/options/input_options.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::cli;
using namespace std::chrono_literals;

TEST_CASE("a whole number is one within its limits") {
  const WholeNumber number{1, 100};
  CHECK(number("1") == 1);
  CHECK(number("100") == 100);
  for (const char* wrong : {"", "0", "101", "-1", "1.5", "7x", " 7", "99999999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(number(wrong));
  }
  CHECK(number("0").error().failure == Failure::usage);
  CHECK(number("0").error().message == "'0' is not a whole number from 1 to 100");
}

TEST_CASE("a share is read as percent or as a fraction") {
  CHECK(parse_share("10%").value() == doctest::Approx(0.10));
  CHECK(parse_share("0.25").value() == doctest::Approx(0.25));
  CHECK(parse_share("0").value() == 0);
  CHECK(parse_share("100%").value() == 1);
  for (const char* wrong : {"", "%", "101%", "1.5", "-1%", "ten", "nan", "10%%"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_share(wrong));
  }
}

TEST_CASE("a range of durations is its first and its longest") {
  const auto range = parse_duration_range("250ms..2m");
  REQUIRE(range);
  CHECK(range->first == 250ms);
  CHECK(range->most == 2min);
}

TEST_CASE("one duration is a range without growth") {
  const auto range = parse_duration_range("5s");
  REQUIRE(range);
  CHECK(range->first == 5s);
  CHECK(range->most == 5s);
}

TEST_CASE("a range that is none is told with an example") {
  for (const char* wrong : {"", "..", "1s..", "..60s", "1..60", "1s-60s"}) {
    CAPTURE(wrong);
    const auto range = parse_duration_range(wrong);
    REQUIRE_FALSE(range);
    CHECK(range.error().message.find("as in 1s..60s") != std::string::npos);
  }
  CHECK(parse_duration_range("60s..1s").error().message.find("ends below its start") != std::string::npos);
}

TEST_CASE("a stream starts at a number or at the first one seen") {
  using Rule = journal::StreamStart::Rule;
  CHECK(parse_stream_start("first")->rule == Rule::first);
  CHECK(parse_stream_start("0")->rule == Rule::number);
  CHECK(parse_stream_start("17")->at == SequenceNumber{17});
  for (const char* wrong : {"", "-1", "1.0", "last", "9223372036854775808"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_stream_start(wrong));
  }
}
