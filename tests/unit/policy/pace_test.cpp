#include "policy/pace.hpp"

#include "support/fullest_stretch.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::policy;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

SteadyTime at(std::chrono::nanoseconds since) {
  return SteadyTime{1h + since};
}

/// Lets `requests` leave as soon as they may, each answered after `latency`; when they left.
std::vector<SteadyTime> leave_at_once(Pace& pace, int requests, std::chrono::nanoseconds latency) {
  std::vector<SteadyTime> left;
  std::multimap<SteadyTime, SteadyTime> answers;
  SteadyTime now = at(0s);
  while (static_cast<int>(left.size()) < requests) {
    for (; !answers.empty() && answers.begin()->first <= now; answers.erase(answers.begin()))
      pace.arrived(answers.begin()->second, answers.begin()->first);
    const SteadyTime when = pace.may_leave(now);
    if (when > now) {
      now = answers.empty() ? when : std::min(when, answers.begin()->first);
      continue;
    }
    pace.leave(now);
    left.push_back(now);
    answers.emplace(now + latency, now);
  }
  return left;
}

}  // namespace

TEST_CASE("requests leave evenly spaced inside the window of their rate") {
  Pace pace{Rate{10, 1s}};
  const auto left = leave_at_once(pace, 30, 1ms);
  for (std::size_t i = 1; i < left.size(); ++i) {
    CHECK(left[i] - left[i - 1] >= 100ms);
    CHECK(left[i] - left[i - 1] <= 101ms);
  }
  CHECK(left.back() - left.front() <= 3s);
}

TEST_CASE("a rate is used to nearly its whole where answers come fast") {
  Pace fast{Rate{100, 1s}};
  CHECK(leave_at_once(fast, 1'000, 5ms).back() - at(0s) <= 10'100ms);
  Pace slow{Rate{100, 1s}};
  CHECK(leave_at_once(slow, 1'000, 10s).back() - at(0s) <= 12'600ms);
}

TEST_CASE("a request that leaves late does not delay the others and one after a rest starts anew") {
  Pace pace{Rate{100, 1s}};
  pace.leave(at(0ms));
  CHECK(pace.may_leave(at(9ms)) == at(10ms));
  pace.leave(at(35ms));
  CHECK(pace.may_leave(at(35ms)) == at(35ms));
  pace.leave(at(35ms));
  pace.leave(at(35ms));
  CHECK(pace.may_leave(at(35ms)) == at(40ms));
  pace.leave(at(500ms));
  CHECK(pace.may_leave(at(500ms)) == at(510ms));
}

TEST_CASE("a rate of one an hour lets the second leave an hour after the first was answered") {
  Pace pace{Rate{1, 1h}};
  pace.leave(at(0s));
  pace.arrived(at(0s), at(200ms));
  CHECK(pace.may_leave(at(1h)) == at(1h + 200ms));
  CHECK(pace.may_leave(at(1h + 200ms)) == at(1h + 200ms));
}

TEST_CASE("what was let through is not let through twice and what does not leave is given back") {
  Pace pace{Rate{10, 1s}};
  CHECK(pace.allowance(at(0ms), at(0ms)) == 1);
  CHECK(pace.allowance(at(0ms), at(250ms)) == 3);
  pace.reserve(2);
  CHECK(pace.allowance(at(0ms), at(90ms)) == 0);
  pace.give_back();
  CHECK(pace.allowance(at(0ms), at(100ms)) == 1);
  pace.leave(at(0ms));
  const auto next = pace.next(at(0ms), 50ms);
  CHECK(next == at(50ms));
  CHECK(pace.allowance(*next - 1ns, *next + 50ms - 1ns) == 0);
  CHECK(pace.allowance(*next, *next + 50ms) == 1);
}

TEST_CASE("a rate of one lets nothing more through before what it has let through has left") {
  Pace pace{Rate{1, 1s}};
  pace.reserve();
  CHECK_FALSE(pace.next(at(0s), 0s));
  CHECK(pace.allowance(at(10s), at(10s)) == 0);
  pace.leave(at(10s));
  pace.arrived(at(10s), at(10s + 1ms));
  CHECK(pace.next(at(10s + 1ms), 0s) == at(11s + 1ms));
  CHECK_FALSE(pace.empty(at(11s)));
  CHECK(pace.empty(at(11s + 1ms)));
}

TEST_CASE("nothing leaves before the time that an earlier run has kept") {
  Pace pace{Rate{1, 1h}};
  pace.not_before(at(30min));
  CHECK(pace.may_leave(at(0s)) == at(30min));
  CHECK(pace.allowance(at(0s), at(29min)) == 0);
  CHECK(pace.next(at(0s), 0s) == at(30min));
  CHECK(pace.may_leave(at(30min)) == at(30min));
}

TEST_CASE("a throttle spaces what has no rate and slows down what has one") {
  Pace none{std::nullopt};
  CHECK(none.allowance(at(0s), at(0s)) > 1'000'000);
  none.slow_to(100ms);
  none.leave(at(0s));
  CHECK(none.may_leave(at(1ms)) == at(100ms));
  none.slow_to(0ms);
  CHECK(none.may_leave(at(1ms)) == at(1ms));
  Pace rated{Rate{10, 1s}};
  rated.slow_to(50ms);
  CHECK(rated.interval() == 100ms);
  rated.slow_to(500ms);
  CHECK(rated.interval() == 500ms);
}

TEST_CASE("a rate that changes counts what has left and spaces by its own") {
  Pace pace{Rate{100, 1s}};
  for (int i = 0; i < 8; ++i) {
    pace.leave(at(i * 10ms));
    pace.arrived(at(i * 10ms), at(i * 10ms + 1ms));
  }
  pace.change(Rate{5, 2s});
  CHECK(pace.may_leave(at(100ms)) > at(450ms));
  CHECK(pace.may_leave(at(1s)) > at(2s));
  CHECK(pace.may_leave(at(2'100ms)) == at(2'100ms));
}

// The receiver counts a request at any moment from when it leaves to when it is answered.
TEST_CASE("no stretch of a thousand random histories holds more than the rate as the receiver counts it") {
  std::mt19937_64 engine{20261129};
  const auto chance = [&](std::int64_t most) {
    return std::chrono::microseconds{
        static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(most + 1))};
  };
  for (int history = 0; history < 1'000; ++history) {
    const Rate rate{static_cast<unsigned>(engine() % 9 + 1), 1ms + chance(100'000)};
    Pace pace{rate};
    std::vector<SteadyTime> counted;
    std::multimap<SteadyTime, SteadyTime> answers;
    SteadyTime now = at(0s);
    const auto slowest = chance(2 * rate.per.count()).count();
    std::size_t reserved = 0;
    for (int step = 0; step < 300; ++step) {
      now += chance(engine() % 2 == 0 ? 10 : rate.per.count() / 4);
      for (; !answers.empty() && answers.begin()->first <= now; answers.erase(answers.begin()))
        pace.arrived(answers.begin()->second, now);
      const auto allowed = pace.allowance(now, now);
      REQUIRE(allowed + reserved <= rate.count);
      if (allowed > 0 && engine() % 2 == 0) {
        pace.reserve(allowed);
        reserved += allowed;
      }
      if (reserved > 0 && engine() % 16 == 0) {
        pace.give_back();
        --reserved;
      }
      if (reserved == 0 || pace.may_leave(now) > now) {
        REQUIRE(pace.may_leave(now) >= now);
        continue;
      }
      pace.leave(now);
      --reserved;
      const auto latency = chance(slowest);
      answers.emplace(now + latency, now);
      counted.push_back(now + std::min<std::chrono::nanoseconds>(chance(latency.count()), pace.lag()));
    }
    std::sort(counted.begin(), counted.end());
    REQUIRE(fullest_stretch(counted, rate.per) <= rate.count);
  }
}
