#include "cli/options/time_argument.hpp"

#include "base/text/units.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;

namespace {

std::string moment(std::string_view text) {
  // 2023-11-14T22:13:20Z
  const auto read = cli::parse_time_argument(text, WallTime{std::chrono::seconds{1'700'000'000}});
  return read ? format_time(*read) : "misuse";
}

}  // namespace

TEST_CASE("a moment can be told as a time ago") {
  CHECK(moment("20s") == "2023-11-14T22:13:00.000Z");
  CHECK(moment("1d") == "2023-11-13T22:13:20.000Z");
}

TEST_CASE("a moment can be told as a day or a time") {
  CHECK(moment("2026-03-01") == "2026-03-01T00:00:00.000Z");
  CHECK(moment("2026-03-01T12:30:00Z") == "2026-03-01T12:30:00.000Z");
  CHECK(moment("2026-03-01 12:30:00") == "2026-03-01T12:30:00.000Z");
  CHECK(moment("2026-03-01T12:30:00.25+01:30") == "2026-03-01T11:00:00.250Z");
  CHECK(moment("2026-03-01T23:30:00.1234567-01:00") == "2026-03-02T00:30:00.123Z");
}

TEST_CASE("what is no moment is misuse") {
  for (const std::string_view text :
       {"", "yesterday", "2026-02-30", "2026-3-1", "2026-03-01T", "2026-03-01T25:00:00Z", "2026-03-01T12:30",
        "2026-03-01T12:30:00.", "2026-03-01T12:30:00Zx", "-2h"}) {
    CAPTURE(text);
    CHECK(moment(text) == "misuse");
  }
}
