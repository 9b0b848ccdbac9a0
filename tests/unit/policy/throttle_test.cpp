#include "policy/throttle.hpp"

#include "policy/pace.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::policy;
using namespace std::chrono_literals;

namespace {

SteadyTime at(std::chrono::nanoseconds since) {
  return SteadyTime{1h + since};
}

/// Answers so many in any second, or in each second of the clock; all else is told to come back after
/// `retry_after`.
class Limited {
 public:
  Limited(std::size_t per_second, bool sliding, std::chrono::nanoseconds retry_after)
      : per_second_(per_second), sliding_(sliding), retry_after_(retry_after) {}

  bool takes(SteadyTime now) {
    const SteadyTime since = sliding_ ? now - 1s : std::chrono::floor<std::chrono::seconds>(now) - 1ns;
    while (!taken_.empty() && taken_.front() <= since) taken_.pop_front();
    if (taken_.size() >= per_second_) return false;
    taken_.push_back(now);
    return true;
  }
  std::chrono::nanoseconds retry_after() const { return retry_after_; }

 private:
  std::size_t per_second_;
  bool sliding_;
  std::chrono::nanoseconds retry_after_;
  std::deque<SteadyTime> taken_;
};

/// Is in maintenance until then, and asks for time so long.
struct Down {
  std::chrono::nanoseconds until;
  std::chrono::nanoseconds asks_for;
  bool takes(SteadyTime now) const { return now >= at(until); }
  std::chrono::nanoseconds retry_after() const { return asks_for; }
};

/// Asks for a second now and then, however slowly requests come.
struct Moody {
  std::size_t each;
  std::size_t came = 0;
  bool takes(SteadyTime) { return ++came % each != 0; }
  std::chrono::nanoseconds retry_after() const { return 1s; }
};

struct Sent {
  std::size_t requests = 0;
  std::chrono::nanoseconds took{};
};

/// Sends `events` to it, at most 50 at a time, each again until it is taken; each answer takes `latency`.
template <class Receiver>
Sent deliver(Receiver receiver, std::size_t events, std::chrono::nanoseconds latency) {
  struct Answer {
    SteadyTime left;
    bool taken;
  };
  Throttle throttle;
  Pace pace{std::nullopt};
  std::multimap<SteadyTime, Answer> answers;
  std::size_t waiting = events, delivered = 0;
  Sent sent;
  SteadyTime now = at(0s);
  while (delivered < events) {
    for (; !answers.empty() && answers.begin()->first <= now; answers.erase(answers.begin())) {
      const auto& [left, taken] = answers.begin()->second;
      if (taken) {
        throttle.answered(left, now);
        ++delivered;
      } else {
        throttle.throttled(left, now, now + receiver.retry_after());
        ++waiting;
      }
      pace.slow_to(throttle.interval());
      pace.not_before(throttle.hold_until());
    }
    const SteadyTime next = pace.may_leave(now);
    if (waiting > 0 && answers.size() < 50 && next <= now) {
      pace.leave(now);
      --waiting;
      ++sent.requests;
      answers.emplace(now + latency, Answer{now, receiver.takes(now + latency / 2)});
      continue;
    }
    if (delivered == events) break;
    const SteadyTime answer = answers.empty() ? SteadyTime::max() : answers.begin()->first;
    now = waiting > 0 && answers.size() < 50 ? std::min(next, answer) : answer;
  }
  sent.took = now - at(0s);
  return sent;
}

}  // namespace

TEST_CASE("nothing is limited before a destination asks for time") {
  Throttle throttle;
  CHECK_FALSE(throttle.limits(at(0s)));
  CHECK(throttle.interval() == 0ns);
  throttle.answered(at(0s), at(1s));
  CHECK_FALSE(throttle.limits(at(1s)));
}

TEST_CASE("after the first throttle the rate is one a second and doubles each second") {
  Throttle throttle;
  throttle.throttled(at(0s), at(1ms), at(5s));
  CHECK(throttle.hold_until() == at(5s));
  CHECK(throttle.interval() == 1s);
  const auto second = [&](int which, int answers) {
    for (int i = 1; i <= answers; ++i) throttle.answered(at(5s + which * 1s), at(5s + which * 1s + 1s));
  };
  second(0, 1);
  CHECK(throttle.interval() == 500ms);
  throttle.answered(at(6s + 1ms), at(6500ms));
  throttle.answered(at(6500ms), at(7s));
  CHECK(throttle.interval() == 250ms);
}

TEST_CASE("each further throttle halves the rate and it grows by one each second") {
  Throttle throttle = Throttle::from({.per_second = 16, .doubles = true}, at(0s), at(0s));
  throttle.throttled(at(1s), at(1s), at(2s));
  CHECK(throttle.kept() == Throttle::Kept{8, false});
  for (int i = 0; i < 8; ++i) throttle.answered(at(2s + i * 125ms), at(3s));
  CHECK(throttle.kept() == Throttle::Kept{9, false});
}

TEST_CASE("the rate at which a receiver asked for time is tried again only after ten rounds below it") {
  Throttle throttle = Throttle::from({.per_second = 8, .doubles = false}, at(0s), at(0s));
  throttle.throttled(at(1s), at(1s), at(1s));
  SteadyTime begun = at(1s);
  std::vector<double> rates;
  for (int round = 0; round < 16; ++round, begun += 1s) {
    for (int i = 0; i < 16; ++i) throttle.answered(begun + i * 50ms, begun + 1s);
    rates.push_back(throttle.kept().per_second);
  }
  CHECK(rates == std::vector<double>{5, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 9, 10, 11});
}

TEST_CASE("requests that left before a throttle was known are told to wait and slow nothing down further") {
  Throttle throttle = Throttle::from({.per_second = 16, .doubles = false}, at(0s), at(0s));
  for (int i = 0; i < 10; ++i) throttle.throttled(at(i * 1ms), at(10ms + i * 1ms), at(1s + i * 1ms));
  CHECK(throttle.kept().per_second == 8);
  CHECK(throttle.hold_until() == at(1s + 9ms));
  throttle.answered(at(1100ms), at(1200ms));
  throttle.throttled(at(2s), at(2s), at(3s));
  CHECK(throttle.kept().per_second == 4);
}

TEST_CASE("a throttle after the rate has grown halves it although the request left before") {
  Throttle throttle = Throttle::from({.per_second = 2, .doubles = true}, at(0s), at(0s));
  throttle.answered(at(0s), at(500ms));
  throttle.answered(at(500ms), at(1s));
  REQUIRE(throttle.kept().per_second == 4);
  throttle.throttled(at(900ms), at(1100ms), at(2s));
  CHECK(throttle.kept() == Throttle::Kept{2, false});
}

TEST_CASE("the rate grows also where each answer takes longer than a round") {
  Throttle throttle;
  throttle.throttled(at(0s), at(0s), at(0s));
  SteadyTime left = at(0s), grown = at(0s);
  for (int request = 0; request < 20'000 && throttle.limits(left); ++request) {
    throttle.answered(left, left + 5s);
    left += throttle.interval();
    grown = left;
  }
  CHECK_FALSE(throttle.limits(left));
  CHECK(grown < at(2min));
}

TEST_CASE("a rate that is not used does not grow") {
  Throttle throttle = Throttle::from({.per_second = 16, .doubles = true}, at(0s), at(0s));
  for (int second = 0; second < 10; ++second) throttle.answered(at(second * 1s), at(second * 1s + 500ms));
  CHECK(throttle.kept().per_second == 16);
}

TEST_CASE("a limit ends at a thousand a second and ten minutes after the last throttle") {
  Throttle fast = Throttle::from({.per_second = 600, .doubles = true}, at(0s), at(0s));
  for (int i = 0; i < 600; ++i) fast.answered(at(1ms), at(1s));
  CHECK_FALSE(fast.limits(at(1s)));
  Throttle quiet;
  quiet.throttled(at(0s), at(0s), at(1s));
  quiet.tidy(at(10min));
  CHECK(quiet.limits(at(10min)));
  quiet.tidy(at(10min + 1s));
  CHECK_FALSE(quiet.limits(at(10min + 1s)));
}

TEST_CASE("a destination that was held back for an hour starts slowly") {
  Throttle throttle;
  throttle.throttled(SteadyTime::min(), at(0s), at(1h));
  throttle.tidy(at(1h + 1s));
  CHECK(throttle.interval() == 1s);
  throttle.tidy(at(1h + 10min));
  CHECK(throttle.interval() == 0s);
}

TEST_CASE("a destination that is up again is given work slowly and an operator may have it tried at once") {
  Throttle throttle;
  throttle.start_slowly(at(0s));
  CHECK(throttle.kept() == Throttle::Kept{1, true});
  throttle.throttled(at(1s), at(1s), at(1h));
  throttle.release(at(2s));
  CHECK(throttle.hold_until() <= at(2s));
}

TEST_CASE("a receiver that was in maintenance is not pressed and gets all soon afterwards") {
  const auto sent = deliver(Down{25s, 3s}, 1'000, 5ms);
  CHECK(sent.requests < 1'000 + 70);  // 50 were under way when it asked first
  CHECK(sent.took < 40s);
}

TEST_CASE("a receiver that asks for time now and then is not left with next to nothing") {
  for (const std::size_t each : {10, 20}) {
    CAPTURE(each);
    const auto sent = deliver(Moody{each}, 300, 5ms);
    CHECK(sent.requests < 450);
    CHECK(sent.took < 150s);
  }
}

TEST_CASE("a slow rate grows to its double with each request that is taken") {
  Throttle throttle = Throttle::from({.per_second = 0.0625, .doubles = false}, at(0s), at(0s));
  throttle.answered(at(16s), at(16s + 5ms));
  CHECK(throttle.kept().per_second == 0.125);
  throttle.answered(at(24s), at(24s + 5ms));
  CHECK(throttle.kept().per_second == 0.25);
}

TEST_CASE("the rate settles below that of the receiver whatever it is and however it is counted") {
  for (const bool sliding : {false, true}) {
    for (const auto latency : {1ms, 40ms}) {
      CAPTURE(sliding);
      CAPTURE(latency.count());
      const auto ten = deliver(Limited{10, sliding, 1s}, 300, latency);
      MESSAGE("10/s: " << ten.requests << " requests in " << ten.took.count() / 1'000'000 << " ms");
      CHECK(ten.requests < 400);
      CHECK(ten.took < 60s);
      const auto three = deliver(Limited{3, sliding, 1s}, 300, latency);
      MESSAGE("3/s: " << three.requests << " requests in " << three.took.count() / 1'000'000 << " ms");
      CHECK(three.requests < 450);
      CHECK(three.took < 200s);
      const auto hundred = deliver(Limited{100, sliding, 1s}, 300, latency);
      MESSAGE("100/s: " << hundred.requests << " requests in " << hundred.took.count() / 1'000'000 << " ms");
      CHECK(hundred.requests < 400);
      CHECK(hundred.took < 20s);
    }
  }
}
