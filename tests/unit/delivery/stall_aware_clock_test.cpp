#include "delivery/http/stall_aware_clock.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace std::chrono_literals;

TEST_CASE("lived time passes as time does while turns are short") {
  const SteadyTime start{1h};
  StallAwareClock time{start};
  CHECK(time.tick(start + 10ms) == 0ms);
  CHECK(time.tick(start + 260ms) == 0ms);
  CHECK(time.tick(start + 260ms + StallAwareClock::beat + StallAwareClock::slack) == 0ms);
  CHECK(time.now() == start + 260ms + StallAwareClock::beat + StallAwareClock::slack);
}

TEST_CASE("a stretch in which the process stood still counts for one beat") {
  const SteadyTime start{1h};
  StallAwareClock time{start};
  time.tick(start + 100ms);
  CHECK(time.tick(start + 100ms + 30s) == 30s - StallAwareClock::beat);
  CHECK(time.now() == start + 100ms + StallAwareClock::beat);
  CHECK(time.tick(start + 200ms + 30s) == 0ms);
  CHECK(time.now() == start + 200ms + StallAwareClock::beat);
}
