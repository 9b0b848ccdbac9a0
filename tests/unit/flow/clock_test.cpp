// The wall clock is set, while a run is on and between two: no wait becomes longer than its policy allows,
// and inside a run none becomes shorter.

#include "flow/clock_watch.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <initializer_list>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::initializer_list<std::chrono::microseconds> jumps{-240h, -1h, 1h, 240h};

flow::RunOptions waiting_ten_seconds() {
  flow::RunOptions options;
  options.retry.backoff_first = options.retry.backoff_most = 10s;
  options.retry.jitter = 0;
  options.breaker.reset();
  return options;
}

/// An event whose first attempt has just failed.
void fail_once(DispatcherFixture& fixture) {
  fixture.arrive({{"a1", "A", 1}});
  fixture.play();
  fixture.answer("a1", 500);
  REQUIRE(fixture.transport.sent().size() == 1);
}

}  // namespace

TEST_CASE("a jump of the wall clock is told from time that passes") {
  ManualClock clock;
  flow::ClockWatch watch{clock};
  CHECK_FALSE(watch.look().jump);
  clock.tick(1h);
  CHECK_FALSE(watch.look().jump);
  clock.set_wall_by(-1h);
  CHECK(watch.look().jump == std::chrono::microseconds{-1h});
  CHECK_FALSE(watch.look().jump);
  clock.tick(5s);
  clock.set_wall_by(240h);
  CHECK(watch.look().jump == std::chrono::microseconds{240h});
  for (int i = 0; i < 100; ++i) {  // slewed, and not set
    clock.set_wall_by(100ms);
    clock.tick(200ms);
    CHECK_FALSE(watch.look().jump);
  }
}

TEST_CASE("a turn goes by the clock that it has looked at") {
  ManualClock clock;
  flow::ClockWatch watch{clock};
  const auto before = watch.look();
  clock.set_wall_by(-1h);
  const auto after = watch.look();
  CHECK(after.now - before.now == *after.jump);
}

TEST_CASE("a wait goes on as it was where the clock is set while a run is on") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    DispatcherFixture fixture{waiting_ten_seconds()};
    fail_once(fixture);
    fixture.tick(4s);
    fixture.clock.set_wall_by(jump);
    fixture.tick(5900ms);
    CHECK(fixture.transport.sent().size() == 1);
    fixture.tick(200ms);
    CHECK(fixture.transport.sent().size() == 2);
  }
}

TEST_CASE("a wait that lies in a future that was set back is no longer than it was meant to be") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    DispatcherFixture fixture{waiting_ten_seconds()};
    fail_once(fixture);
    fixture.fall();
    fixture.clock.set_wall_by(jump);
    REQUIRE(fixture.rise());
    fixture.play();
    if (jump < 0s) CHECK(fixture.transport.sent().size() == 1);
    fixture.tick(10s);
    CHECK(fixture.transport.sent().size() == 2);
  }
}

TEST_CASE("a wait is no longer than the policy of the run allows that finds it") {
  DispatcherFixture fixture{waiting_ten_seconds()};
  fixture.arrive({{"a1", "A", 1}});
  fixture.play();
  Outcome busy = answered(503);
  busy.retry_after = 1h;
  fixture.end("a1", busy);
  fixture.fall();
  fixture.options.retry.retry_after_most = 20s;
  REQUIRE(fixture.rise());
  fixture.play();
  CHECK(fixture.transport.sent().size() == 1);
  fixture.tick(20s);
  CHECK(fixture.transport.sent().size() == 2);
}

TEST_CASE("an open circuit is tried again in its time whatever the clock says") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    auto options = waiting_ten_seconds();
    options.retry.backoff_first = options.retry.backoff_most = 1s;
    options.breaker = policy::BreakerPolicy{1, 30s, 1, 1};
    DispatcherFixture fixture{options};
    fail_once(fixture);
    fixture.tick(10s);  // the retry waits for the circuit
    fixture.clock.set_wall_by(jump);
    fixture.tick(19s);
    CHECK(fixture.transport.sent().size() == 1);
    fixture.tick(1100ms);
    CHECK(fixture.transport.sent().size() == 2);
  }
}

TEST_CASE("an open circuit of an earlier run is tried again in its time at the latest") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    auto options = waiting_ten_seconds();
    options.retry.backoff_first = options.retry.backoff_most = 1s;
    options.breaker = policy::BreakerPolicy{1, 30s, 1, 1};
    DispatcherFixture fixture{options};
    fail_once(fixture);
    fixture.fall();
    fixture.clock.set_wall_by(jump);
    REQUIRE(fixture.rise());
    fixture.play();
    fixture.tick(31s);
    fixture.play();
    CHECK(fixture.transport.sent().size() == 2);
  }
}

TEST_CASE("a destination that is held back is tried again in its time whatever the clock says") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    flow::RunOptions options;
    options.retry.attempts = 1;
    DispatcherFixture fixture{options};
    fixture.arrive({{"a1", "A", 1}});
    fixture.play();
    Outcome busy = answered(429);
    busy.retry_after = 20s;
    fixture.end("a1", busy);
    fixture.tick(10s);
    fixture.clock.set_wall_by(jump);
    fixture.tick(9s);
    CHECK(fixture.transport.sent().size() == 1);
    fixture.tick(1100ms);
    REQUIRE(fixture.transport.sent().size() == 2);
    fixture.end("a1", busy);  // the time for which that is free has not passed
    CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 0);
  }
}

TEST_CASE("the next process holds back a destination as long as the last one though the clock was set") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    DispatcherFixture fixture;
    fixture.arrive({{"a1", "A", 1}});
    fixture.play();
    Outcome busy = answered(429);
    busy.retry_after = 20s;
    fixture.end("a1", busy);
    fixture.tick(10s);
    fixture.clock.set_wall_by(jump);
    fixture.tick(1s);
    fixture.fall();
    REQUIRE(fixture.rise());
    fixture.arrive({{"b1", "B", 1}});
    fixture.tick(8s);
    CHECK(fixture.transport.sent().size() == 1);
    fixture.tick(1100ms);
    CHECK(fixture.transport.sent().size() == 2);
  }
}

TEST_CASE("what holds back a destination lies no further in the future than its policy allows") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    DispatcherFixture fixture;
    fixture.arrive({{"a1", "A", 1}});
    fixture.play();
    Outcome busy = answered(429);
    busy.retry_after = 20s;
    fixture.end("a1", busy);
    fixture.fall();
    fixture.clock.set_wall_by(jump);
    REQUIRE(fixture.rise());
    fixture.play();
    fixture.tick(1h);
    CHECK(fixture.transport.sent().size() == 2);
  }
}
