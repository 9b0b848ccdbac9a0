#include "base/text/units.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace std::chrono_literals;

TEST_CASE("durations are read with their unit") {
  CHECK(parse_duration("250ms").value() == 250ms);
  CHECK(parse_duration("1.5s").value() == 1500ms);
  CHECK(parse_duration("2m").value() == 120s);
  CHECK(parse_duration("3h").value() == 3h);
  CHECK(parse_duration("1d").value() == 24h);
  CHECK(parse_duration("7us").value() == 7us);
  CHECK(parse_duration("0").value() == 0us);
  CHECK(parse_duration("365242d").value() == std::chrono::days{365'242});
}

TEST_CASE("what is not a duration is refused as misuse with the text named") {
  for (const char* text : {"", "5", "-1s", "s", "1 s", "1x", "1s1s", "nan", "inf", "1e3s", "+1s", "365243d",
                           "99999999999999d"}) {
    CAPTURE(text);
    const auto duration = parse_duration(text);
    REQUIRE_FALSE(duration);
    CHECK(duration.error().failure == Failure::usage);
    CHECK(duration.error().message.find(text) != std::string::npos);
  }
}

TEST_CASE("sizes are read in powers of 1024 and of 1000") {
  CHECK(parse_size("512").value() == 512);
  CHECK(parse_size("64K").value() == 65536);
  CHECK(parse_size("1MiB").value() == 1048576);
  CHECK(parse_size("1MB").value() == 1000000);
  CHECK(parse_size("2G").value() == 2147483648);
  CHECK(parse_size("1.5K").value() == 1536);
}

TEST_CASE("what is not a size is refused as misuse") {
  for (const char* text : {"", "-1", "K", "1T", "1 K", "99999999999999999999"}) {
    CAPTURE(text);
    const auto size = parse_size(text);
    REQUIRE_FALSE(size);
    CHECK(size.error().failure == Failure::usage);
  }
}

TEST_CASE("durations are shown in the unit a person would choose") {
  CHECK(format_duration(0us) == "0us");
  CHECK(format_duration(250us) == "250us");
  CHECK(format_duration(1500us) == "1.5ms");
  CHECK(format_duration(999600us) == "1s");
  CHECK(format_duration(1s) == "1s");
  CHECK(format_duration(1234567us) == "1.23s");
  CHECK(format_duration(125s) == "2m 5s");
  CHECK(format_duration(124499999us) == "2m 4s");
  CHECK(format_duration(124500ms) == "2m 5s");
  CHECK(format_duration(12000s) == "3h 20m");
  CHECK(format_duration(72h) == "3d 0h");
  CHECK(format_duration(-1500us) == "-1.5ms");
}

TEST_CASE("the longest durations that there are can be shown") {
  CHECK(format_duration(std::chrono::microseconds::max()) == "106751991d 4h");
  CHECK(format_duration(std::chrono::microseconds::min()) == "-106751991d 4h");
}

TEST_CASE("every shown duration under a minute reads back within half a percent") {
  for (std::int64_t us = 1; us < 59'000'000; us = us * 3 + 7) {
    const auto back = parse_duration(format_duration(std::chrono::microseconds{us}));
    REQUIRE(back);
    CHECK(std::abs(static_cast<double>(back->count() - us)) <= 0.0051 * static_cast<double>(us));
  }
}

TEST_CASE("sizes are shown with a binary unit") {
  CHECK(format_size(512) == "512 B");
  CHECK(format_size(1536) == "1.5 KiB");
  CHECK(format_size(20 * 1048576) == "20 MiB");
}

TEST_CASE("times are shown in UTC with milliseconds") {
  CHECK(format_time(WallTime{1'700'000'000'250ms}) == "2023-11-14T22:13:20.250Z");
  CHECK(format_time(WallTime{0us}) == "1970-01-01T00:00:00.000Z");
}
