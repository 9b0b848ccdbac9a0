#include "flow/rules/gathering.hpp"

#include <chrono>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace std::chrono_literals;
using flow::Gathering;

namespace {

/// One turn with the outcomes of requests that took so long.
void note(Gathering& gathering, const std::vector<std::chrono::microseconds>& took) {
  std::vector<Outcome> outcomes(took.size());
  std::vector<journal::Settlement> settled(took.size());
  for (std::size_t i = 0; i < took.size(); ++i) {
    outcomes[i].took = took[i];
    settled[i].outcome = &outcomes[i];
  }
  gathering.note(settled);
}

Gathering after(std::chrono::microseconds took) {
  Gathering gathering;
  note(gathering, {took});
  return gathering;
}

constexpr Gathering::Load many{.under_way = 100, .ahead = 50, .waiting = 900};

}  // namespace

TEST_CASE("gathering: with many slow requests under way it waits for half a millisecond") {
  const auto wait = after(50ms).wait(many);
  CHECK(wait.longest == 500us);
  CHECK(wait.outcomes == 25);
}

TEST_CASE("gathering: it waits at most a hundredth of what the quickest request took") {
  CHECK(after(20ms).wait(many).longest == 200us);
  CHECK(after(10s).wait(many).longest == 500us);
  CHECK(after(4ms).wait(many).longest == 0us);  // too short to be worth a timer
  auto mixed = after(50ms);
  note(mixed, {50ms, 10ms, 30ms});
  CHECK(mixed.wait(many).longest == 100us);
}

TEST_CASE("gathering: nothing is waited for before the first answer") {
  CHECK(Gathering{}.wait(many).longest == 0us);
  CHECK(after(0us).wait(many).longest == 0us);
}

TEST_CASE("gathering: few requests under way wait for nothing") {
  CHECK(after(50ms).wait({.under_way = 1}).longest == 0us);
  CHECK(after(50ms).wait({.under_way = 31}).longest == 0us);
  CHECK(after(50ms).wait({.under_way = 32}).longest == 500us);
}

TEST_CASE("gathering: no connection becomes idle while deliveries wait") {
  CHECK(after(50ms).wait({.under_way = 100, .ahead = 0, .waiting = 1}).longest == 0us);
  CHECK(after(50ms).wait({.under_way = 100, .ahead = 3, .waiting = 1}).longest == 0us);
  CHECK(after(50ms).wait({.under_way = 100, .ahead = 4, .waiting = 1}).outcomes == 2);
  CHECK(after(50ms).wait({.under_way = 100, .ahead = 0, .waiting = 0}).outcomes == 32);
}

TEST_CASE("gathering: one quick answer counts at once and for some turns") {
  auto gathering = after(50ms);
  note(gathering, {1ms});
  CHECK(gathering.wait(many).longest == 0us);
  for (int turn = 0; turn < 3; ++turn) note(gathering, {50ms});
  CHECK(gathering.wait(many).longest < 250us);
  for (int turn = 0; turn < 50; ++turn) note(gathering, {50ms});
  CHECK(gathering.wait(many).longest > 450us);
}
