// Receivers that ask for time.

#include "support/journal/dead_letters.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>
#include <deque>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

namespace {

const std::string busy = "http://a.test:1/busy";
const std::string other = "http://a.test:2/other";

/// Each its own lane.
std::vector<Line> many(const std::string& prefix, int count, const std::string& url) {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i) {
    const auto name = prefix + std::to_string(i);
    lines.push_back({name, name, 1, url});
  }
  return lines;
}

Outcome come_back_in(std::chrono::microseconds time, int status = 429) {
  Outcome outcome = answered(status);
  outcome.retry_after = time;
  return outcome;
}

/// Ends what is under way to the busy URL.
std::size_t end_all(DispatcherFixture& fixture, const Outcome& outcome) {
  std::size_t ended = 0;
  for (const auto& outgoing : fixture.transport.under_way()) {
    if (outgoing.url != busy) continue;
    REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, outcome));
    ++ended;
  }
  fixture.play();
  return ended;
}

std::size_t sent_to(const DispatcherFixture& fixture, const std::string& url) {
  const auto sent = fixture.transport.sent();
  return static_cast<std::size_t>(
      std::count_if(sent.begin(), sent.end(), [&](const Outgoing& one) { return one.url == url; }));
}

std::int64_t in_state(const DispatcherFixture& fixture, DeliveryState state) {
  return fixture.stats().state_counts.of(state);
}

/// Answers so many requests in any second, and tells the others to come back in a second, until all is done
/// or `most` is over. Each answer comes within the step of 10 ms in which its request left.
std::chrono::milliseconds run_against(DispatcherFixture& fixture, std::size_t per_second,
                                      std::chrono::seconds most) {
  std::deque<SteadyTime> taken;
  std::chrono::milliseconds passed{0};
  for (; !fixture.finished() && passed < most; passed += 10ms) {
    const SteadyTime now = fixture.clock.steady();
    while (!taken.empty() && taken.front() <= now - 1s) taken.pop_front();
    for (const auto& outgoing : fixture.transport.under_way()) {
      const bool takes = taken.size() < per_second;
      if (takes) taken.push_back(now);
      REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, takes ? answered(200) : come_back_in(1s)));
    }
    fixture.play();
    fixture.tick(10ms);
  }
  return passed;
}

}  // namespace

TEST_CASE("a receiver that asks for time holds back its whole destination and spends no attempt") {
  for (const int status : {429, 503}) {
    flow::RunOptions options;
    options.breaker = policy::BreakerPolicy{};
    options.retry.attempts = 1;
    DispatcherFixture fixture{options};
    fixture.arrive(many("b", 200, busy));
    fixture.play();
    REQUIRE(end_all(fixture, come_back_in(10s, status)) == 50);
    CHECK(in_state(fixture, DeliveryState::dead_letter) == 0);
    CHECK(fixture.stats().circuits_open == 0);
    for (int second = 0; second < 9; ++second) fixture.tick(1s);
    CHECK(fixture.transport.under_way().empty());
    CHECK_FALSE(fixture.finished());
    CHECK(fixture.stats().throttled > 0);
    CHECK(fixture.stats().hold_ends == 1s);
    fixture.tick(1s);
    CHECK(fixture.transport.under_way().size() == 1);
  }
}

TEST_CASE(
    "what has a turn already and waits for its host does not leave while its destination is held back") {
  flow::RunOptions options;
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive(many("b", 4, busy));
  fixture.play();
  REQUIRE(end_all(fixture, come_back_in(10s)) == 1);
  fixture.tick(10s);
  REQUIRE(fixture.transport.under_way().size() == 1);
  fixture.tick(2s);  // by the rate another may go, and has no permit
  REQUIRE(end_all(fixture, come_back_in(1min)) == 1);
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(59s);
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(1s);
  CHECK(fixture.transport.under_way().size() == 1);
}

TEST_CASE("another destination of the same host goes on while one is held back") {
  DispatcherFixture fixture;
  fixture.arrive(many("b", 100, busy));
  fixture.play();
  end_all(fixture, come_back_in(1h));
  fixture.arrive(many("o", 40, other));
  fixture.play();
  CHECK(sent_to(fixture, other) == 40);
  CHECK(sent_to(fixture, busy) == 50);
  CHECK(fixture.transport.under_way().size() == 40);
}

TEST_CASE("what asks for time without saying how much spends an attempt and is held back by the backoff") {
  flow::RunOptions options;
  options.retry.attempts = 2;
  DispatcherFixture fixture{options};
  fixture.arrive({{"b0", "b0", 1, busy}, {"b1", "b1", 1, busy}});
  fixture.play();
  fixture.answer("b0", 429);
  fixture.answer("b1", 200);
  fixture.arrive({{"b2", "b2", 1, busy}});
  fixture.play();
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(1s);
  CHECK(fixture.transport.under_way().size() == 1);
  fixture.tick(1s);
  REQUIRE(fixture.transport.under_way().size() == 2);
  fixture.answer("b0", 429);
  CHECK(in_state(fixture, DeliveryState::dead_letter) == 1);
}

TEST_CASE("after a receiver has asked for time requests start slowly and settle below what it takes") {
  DispatcherFixture fixture;
  fixture.arrive(many("b", 300, busy));
  const auto took = run_against(fixture, 10, 60s);
  MESSAGE("300 events at 10/s: " << fixture.transport.sent().size() << " requests in " << took.count()
                                 << " ms");
  CHECK(fixture.finished());
  CHECK(in_state(fixture, DeliveryState::completed) == 300);
  CHECK(fixture.transport.sent().size() < 400);
}

TEST_CASE("a faster receiver is found to be one and a slower one as well") {
  DispatcherFixture fast;
  fast.arrive(many("b", 300, busy));
  CHECK(run_against(fast, 100, 15s) < 15s);
  CHECK(in_state(fast, DeliveryState::completed) == 300);
  CHECK(fast.transport.sent().size() < 400);
  DispatcherFixture slow;
  slow.arrive(many("b", 300, busy));
  CHECK(run_against(slow, 3, 200s) < 200s);
  CHECK(in_state(slow, DeliveryState::completed) == 300);
  CHECK(slow.transport.sent().size() < 400);
}

TEST_CASE("order is kept in a lane whose destination is held back") {
  DispatcherFixture fixture;
  std::vector<Line> lines;
  for (int i = 1; i <= 30; ++i) lines.push_back({"x" + std::to_string(i), "X", i, busy});
  fixture.arrive(lines);
  run_against(fixture, 2, 60s);
  CHECK(fixture.finished());
  std::int64_t done = 0;
  for (const auto& outgoing : fixture.transport.sent()) {
    CHECK(outgoing.sequence->value() >= done);
    CHECK(outgoing.sequence->value() <= done + 1);
    done = std::max(done, outgoing.sequence->value());
  }
}

TEST_CASE("a destination that asks for time for ever ends in dead letters") {
  flow::RunOptions options;
  options.retry.throttled_most = 1min;
  options.retry.attempts = 2;
  DispatcherFixture fixture{options};
  fixture.arrive(many("b", 3, busy));
  fixture.play();
  for (int second = 0; second < 600 && !fixture.finished(); ++second) {
    end_all(fixture, come_back_in(1s));
    fixture.tick(1s);
    if (second < 60) CHECK(in_state(fixture, DeliveryState::dead_letter) == 0);
  }
  CHECK(fixture.finished());
  CHECK(in_state(fixture, DeliveryState::dead_letter) == 3);
}

TEST_CASE("a hold survives the end of the process and so does how slowly it goes on") {
  DispatcherFixture fixture;
  fixture.arrive(many("b", 100, busy));
  fixture.play();
  end_all(fixture, come_back_in(10s));
  SUBCASE("that crashed") {
    fixture.crash();
  }
  SUBCASE("that stopped") {
    REQUIRE(fixture.dispatcher().save_progress());
    fixture.crash();
  }
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(10s - 1ms);
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(1ms);
  CHECK(fixture.transport.under_way().size() == 1);
  fixture.tick(500ms);
  CHECK(fixture.transport.under_way().size() == 1);
}

TEST_CASE("an operator has a destination that is held back tried at once") {
  DispatcherFixture fixture;
  fixture.arrive(many("b", 100, busy));
  fixture.play();
  end_all(fixture, come_back_in(1h));
  REQUIRE(fixture.transport.under_way().empty());
  const auto retry_now = [&](DeliveryState state) {
    as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
      const auto meant = deliveries_in(state, journal, {});
      REQUIRE_FALSE(meant.empty());
      CHECK(transaction.retry_now(meant, fixture.clock.wall()).value() > 0);
    });
    fixture.play();
  };
  SUBCASE("by what is pending") {
    retry_now(DeliveryState::pending);
  }
  SUBCASE("by what was put off") {
    retry_now(DeliveryState::retry_wait);
  }
  SUBCASE("and before the next run") {
    fixture.fall();
    as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
      const auto meant = deliveries_in(DeliveryState::pending, journal, {});
      CHECK(transaction.retry_now(meant, fixture.clock.wall()).value() > 0);
    });
    REQUIRE(fixture.rise());
    fixture.play();
  }
  CHECK(fixture.transport.under_way().size() == 1);
}

TEST_CASE("a destination that takes all again is not held back for long") {
  DispatcherFixture fixture;
  fixture.arrive(many("b", 100, busy));
  fixture.play();
  end_all(fixture, come_back_in(1s));
  const auto take_all = [&] {
    std::chrono::milliseconds passed{0};
    for (; passed < 1min && !fixture.finished(); passed += 10ms) {
      end_all(fixture, answered(200));
      fixture.tick(10ms);
    }
    return passed;
  };
  CHECK(take_all() < 10s);
  fixture.arrive(many("c", 4'000, busy));
  fixture.play();
  CHECK(take_all() < 20s);
  CHECK(fixture.finished());
  fixture.arrive(many("d", 100, busy));  // nothing limits it any more
  fixture.play();
  CHECK(fixture.transport.under_way().size() == 50);
}
