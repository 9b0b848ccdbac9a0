#include "policy/gap_patience.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::policy;
using namespace std::chrono_literals;

namespace {

constexpr WallTime noon{1'700'000'000s};
constexpr SteadyTime start{1h};

}  // namespace

TEST_CASE("a gap is waited for from when it began") {
  GapPatience patience{10min};
  CHECK_FALSE(patience.due());
  patience.see(noon - 4min, noon, start);
  CHECK(patience.due() == start + 6min);
  CHECK_FALSE(patience.waited_for(start + 6min - 1us));
  CHECK(patience.waited_for(start + 6min) == noon - 4min);
  CHECK(patience.waited_for(start + 7min) == noon - 3min);
}

TEST_CASE("a gap that began longer ago than gaps are waited for is due at once") {
  GapPatience patience{10min};
  patience.see(noon - 24h, noon, start);
  CHECK(patience.waited_for(start) == noon - 24h);
  GapPatience none{0us};
  none.see(noon, noon, start);
  CHECK(none.waited_for(start) == noon);
}

TEST_CASE("a clock that is set while a gap is waited for changes nothing") {
  GapPatience patience{10min};
  patience.see(noon, noon, start);
  for (const auto jump : {-240h, 240h}) {
    patience.see(noon, noon + jump, start + 5min);
    CHECK(patience.due() == start + 10min);
  }
}

TEST_CASE("a gap that began in the future is waited for as one that begins now") {
  GapPatience patience{10min};
  patience.see(noon + 240h, noon, start);
  CHECK(patience.due() == start + 10min);
  patience.see(WallTime::max(), noon, start);
  CHECK(patience.due() == start + 10min);
  patience.see(WallTime::min(), noon, start);
  CHECK(patience.due() == start);
}

TEST_CASE("when a gap has gone the next one is waited for by its own time") {
  GapPatience patience{10min};
  patience.see(noon, noon, start);
  patience.see(noon + 1min, noon + 5min, start + 5min);
  CHECK(patience.due() == start + 11min);
  patience.see(std::nullopt, noon + 6min, start + 6min);
  CHECK_FALSE(patience.due());
  CHECK_FALSE(patience.waited_for(start + 1h));
}
