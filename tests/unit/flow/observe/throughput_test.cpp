#include "flow/observe/throughput.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::flow;
using namespace std::chrono_literals;

TEST_CASE("throughput is that of the last ten seconds") {
  const SteadyTime start{};
  Throughput throughput;
  CHECK_FALSE(throughput.per_second());
  throughput.note(start, 0);
  CHECK_FALSE(throughput.per_second());
  throughput.note(start + 5s, 1'000);
  CHECK(throughput.per_second().value() == doctest::Approx(200));
  throughput.note(start + 15s, 1'000);
  throughput.note(start + 20s, 1'000);
  CHECK(throughput.per_second().value() == 0);
}
