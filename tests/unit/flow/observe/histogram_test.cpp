#include "flow/observe/histogram.hpp"

#include <doctest/doctest.h>

using namespace dispatch::flow;
using namespace std::chrono_literals;

TEST_CASE("an empty histogram has no percentiles") {
  CHECK(Histogram{}.percentile(0.5) == 0us);
}

TEST_CASE("percentiles are exact to within a bucket of seven percent") {
  Histogram histogram;
  for (int us = 1; us <= 100'000; ++us) histogram.add(std::chrono::microseconds{us});
  CHECK(histogram.count() == 100'000);
  for (const double share : {0.01, 0.5, 0.95, 0.99, 1.0}) {
    const double exact = share * 100'000;
    const auto shown = static_cast<double>(histogram.percentile(share).count());
    CHECK(shown >= exact * 0.999);
    CHECK(shown <= exact * 1.07);
  }
}

TEST_CASE("durations beyond the last bucket and below zero are counted at the ends") {
  Histogram histogram;
  histogram.add(-5us);
  CHECK(histogram.percentile(1) == 0us);
  histogram.add(std::chrono::hours{24 * 3650});
  CHECK(histogram.percentile(1) > std::chrono::hours{24});
}
