#include "bench/median.hpp"
#include "bench/runs.hpp"
#include "bench/scorecard.hpp"
#include "support/disk/temp_dir.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

namespace dispatch::bench {
namespace {

Measured run_of(double seconds) {
  Measured run;
  run.seconds = seconds;
  run.cpu_seconds = seconds / 2;
  return run;
}

}  // namespace

TEST_CASE("figures: the median is the middle or the mean of both middles") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 2, 3}) == 2.5);
}

TEST_CASE("figures: runs have median figures and a spread") {
  Runs runs{1'000};
  for (const double seconds : {1.0, 2.0, 4.0}) runs.add(run_of(seconds));
  CHECK(runs.events_per_second() == doctest::Approx(500));
  CHECK(runs.cpu_us_per_event() == doctest::Approx(1'000));
  CHECK(runs.rate_spread_percent() == doctest::Approx(150));
}

TEST_CASE("figures: a goal is reached from its own side") {
  const Goal rate{"rate", "", "", 0.9, 1.0};
  CHECK(verdict(rate, 0.89) == "missed");
  CHECK(verdict(rate, 0.9) == "reached");
  CHECK(verdict(rate, 1.0) == "aim");
  const Goal cost{"cost", "", "us", 85, 60};
  CHECK(verdict(cost, 86) == "missed");
  CHECK(verdict(cost, 85) == "reached");
  CHECK(verdict(cost, 60) == "aim");
}

TEST_CASE("figures: the scorecard names what was not measured") {
  Scorecard scorecard;
  scorecard.add({"rate", "the rate", "", 0.9, 1.0}, 0.95, "note");
  scorecard.add_missing({"peer", "the peer", "", 1.15, 1.3}, "there is none");
  const test::TempDir directory;
  scorecard.write(directory / "card");
  std::ifstream file{directory / "card"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  CHECK(
      text ==
      R"({"name":"rate","measure":"the rate","unit":"","figure":0.95,"to_reach":0.9,"aim":1,"verdict":"reached","note":"note"})"
      "\n"
      R"({"name":"peer","measure":"the peer","unit":"","figure":null,"to_reach":1.15,"aim":1.3,"verdict":"not measured","note":"there is none"})"
      "\n");
}

}  // namespace dispatch::bench
