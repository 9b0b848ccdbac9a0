#include "system/soak/samples.hpp"

#include <stdexcept>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace dispatch::test;

namespace {

std::vector<Sample> with_rss(const std::vector<double>& figures) {
  std::vector<Sample> samples;
  for (const double figure : figures) samples.emplace_back().rss_mib = figure;
  return samples;
}

constexpr Tolerance tolerance{"rss", &Sample::rss_mib, false, 0.1, 1};

}  // namespace

TEST_CASE("what grows at first and then no more is flat") {
  const auto found = flatness(with_rss({1, 5, 9, 10, 10, 10, 10, 12, 11}), tolerance);
  CHECK(found.middle == 10);
  CHECK(found.last == 11);
  CHECK(found.allowed == doctest::Approx(12));
  CHECK(found.flat());
}

TEST_CASE("what goes on growing is not flat") {
  CHECK_FALSE(flatness(with_rss({1, 2, 3, 4, 5, 6, 7, 8, 9}), tolerance).flat());
}

TEST_CASE("one high sample counts only where the highest are compared") {
  auto highest = tolerance;
  highest.highest = true;
  const auto samples = with_rss({10, 10, 10, 10, 10, 10, 10, 50, 10});
  CHECK(flatness(samples, tolerance).flat());
  CHECK_FALSE(flatness(samples, highest).flat());
}

TEST_CASE("too few samples are no evidence") {
  CHECK_THROWS_AS(flatness(with_rss({1, 2, 3, 4, 5}), tolerance), std::invalid_argument);
}

TEST_CASE("a process is measured while it lives") {
  CHECK(rss_mib(::getpid()).value_or(0) > 0.5);
  CHECK(open_files(::getpid()).value_or(0) >= 3);
  CHECK_FALSE(rss_mib(-1));
  CHECK_FALSE(open_files(-1));
}
