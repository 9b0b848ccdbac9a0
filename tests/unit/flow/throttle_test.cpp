// Receivers that ask for time.

#include "support/dead_letters.hpp"
#include "unit/flow/stage.hpp"

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
std::size_t end_all(Stage& stage, const Outcome& outcome) {
  std::size_t ended = 0;
  for (const auto& outgoing : stage.transport.under_way()) {
    if (outgoing.url != busy) continue;
    REQUIRE(stage.transport.finish_ticket(outgoing.ticket, outcome));
    ++ended;
  }
  stage.play();
  return ended;
}

std::size_t sent_to(const Stage& stage, const std::string& url) {
  const auto sent = stage.transport.sent();
  return static_cast<std::size_t>(
      std::count_if(sent.begin(), sent.end(), [&](const Outgoing& one) { return one.url == url; }));
}

std::int64_t in_state(const Stage& stage, DeliveryState state) {
  return stage.figures().tally.of(state);
}

/// Answers so many requests in any second, and tells the others to come back in a second, until all is done
/// or `most` is over. Each answer comes within the step of 10 ms in which its request left.
std::chrono::milliseconds run_against(Stage& stage, std::size_t per_second, std::chrono::seconds most) {
  std::deque<SteadyTime> taken;
  std::chrono::milliseconds passed{0};
  for (; !stage.finished() && passed < most; passed += 10ms) {
    const SteadyTime now = stage.clock.steady();
    while (!taken.empty() && taken.front() <= now - 1s) taken.pop_front();
    for (const auto& outgoing : stage.transport.under_way()) {
      const bool takes = taken.size() < per_second;
      if (takes) taken.push_back(now);
      REQUIRE(stage.transport.finish_ticket(outgoing.ticket, takes ? answered(200) : come_back_in(1s)));
    }
    stage.play();
    stage.tick(10ms);
  }
  return passed;
}

}  // namespace

TEST_CASE("a receiver that asks for time holds back its whole destination and spends no attempt") {
  for (const int status : {429, 503}) {
    flow::RunOptions options;
    options.breaker = policy::BreakerPolicy{};
    options.retry.attempts = 1;
    Stage stage{options};
    stage.arrive(many("b", 200, busy));
    stage.play();
    REQUIRE(end_all(stage, come_back_in(10s, status)) == 50);
    CHECK(in_state(stage, DeliveryState::dead_letter) == 0);
    CHECK(stage.figures().circuits_open == 0);
    for (int second = 0; second < 9; ++second) stage.tick(1s);
    CHECK(stage.transport.under_way().empty());
    CHECK_FALSE(stage.finished());
    CHECK(stage.figures().throttled > 0);
    CHECK(stage.figures().hold_ends == 1s);
    stage.tick(1s);
    CHECK(stage.transport.under_way().size() == 1);
  }
}

TEST_CASE(
    "what has a turn already and waits for its host does not leave while its destination is held back") {
  flow::RunOptions options;
  options.per_host = 1;
  Stage stage{options};
  stage.arrive(many("b", 4, busy));
  stage.play();
  REQUIRE(end_all(stage, come_back_in(10s)) == 1);
  stage.tick(10s);
  REQUIRE(stage.transport.under_way().size() == 1);
  stage.tick(2s);  // by the rate another may go, and has no permit
  REQUIRE(end_all(stage, come_back_in(1min)) == 1);
  CHECK(stage.transport.under_way().empty());
  stage.tick(59s);
  CHECK(stage.transport.under_way().empty());
  stage.tick(1s);
  CHECK(stage.transport.under_way().size() == 1);
}

TEST_CASE("another destination of the same host goes on while one is held back") {
  Stage stage;
  stage.arrive(many("b", 100, busy));
  stage.play();
  end_all(stage, come_back_in(1h));
  stage.arrive(many("o", 40, other));
  stage.play();
  CHECK(sent_to(stage, other) == 40);
  CHECK(sent_to(stage, busy) == 50);
  CHECK(stage.transport.under_way().size() == 40);
}

TEST_CASE("what asks for time without saying how much spends an attempt and is held back by the backoff") {
  flow::RunOptions options;
  options.retry.attempts = 2;
  Stage stage{options};
  stage.arrive({{"b0", "b0", 1, busy}, {"b1", "b1", 1, busy}});
  stage.play();
  stage.answer("b0", 429);
  stage.answer("b1", 200);
  stage.arrive({{"b2", "b2", 1, busy}});
  stage.play();
  CHECK(stage.transport.under_way().empty());
  stage.tick(1s);
  CHECK(stage.transport.under_way().size() == 1);
  stage.tick(1s);
  REQUIRE(stage.transport.under_way().size() == 2);
  stage.answer("b0", 429);
  CHECK(in_state(stage, DeliveryState::dead_letter) == 1);
}

TEST_CASE("after a receiver has asked for time requests start slowly and settle below what it takes") {
  Stage stage;
  stage.arrive(many("b", 300, busy));
  const auto took = run_against(stage, 10, 60s);
  MESSAGE("300 events at 10/s: " << stage.transport.sent().size() << " requests in " << took.count()
                                 << " ms");
  CHECK(stage.finished());
  CHECK(in_state(stage, DeliveryState::completed) == 300);
  CHECK(stage.transport.sent().size() < 400);
}

TEST_CASE("a faster receiver is found to be one and a slower one as well") {
  Stage fast;
  fast.arrive(many("b", 300, busy));
  CHECK(run_against(fast, 100, 15s) < 15s);
  CHECK(in_state(fast, DeliveryState::completed) == 300);
  CHECK(fast.transport.sent().size() < 400);
  Stage slow;
  slow.arrive(many("b", 300, busy));
  CHECK(run_against(slow, 3, 200s) < 200s);
  CHECK(in_state(slow, DeliveryState::completed) == 300);
  CHECK(slow.transport.sent().size() < 400);
}

TEST_CASE("order is kept in a lane whose destination is held back") {
  Stage stage;
  std::vector<Line> lines;
  for (int i = 1; i <= 30; ++i) lines.push_back({"x" + std::to_string(i), "X", i, busy});
  stage.arrive(lines);
  run_against(stage, 2, 60s);
  CHECK(stage.finished());
  std::int64_t done = 0;
  for (const auto& outgoing : stage.transport.sent()) {
    CHECK(outgoing.sequence->value() >= done);
    CHECK(outgoing.sequence->value() <= done + 1);
    done = std::max(done, outgoing.sequence->value());
  }
}

TEST_CASE("a destination that asks for time for ever ends in dead letters") {
  flow::RunOptions options;
  options.retry.throttled_most = 1min;
  options.retry.attempts = 2;
  Stage stage{options};
  stage.arrive(many("b", 3, busy));
  stage.play();
  for (int second = 0; second < 600 && !stage.finished(); ++second) {
    end_all(stage, come_back_in(1s));
    stage.tick(1s);
    if (second < 60) CHECK(in_state(stage, DeliveryState::dead_letter) == 0);
  }
  CHECK(stage.finished());
  CHECK(in_state(stage, DeliveryState::dead_letter) == 3);
}

TEST_CASE("a hold survives the end of the process and so does how slowly it goes on") {
  Stage stage;
  stage.arrive(many("b", 100, busy));
  stage.play();
  end_all(stage, come_back_in(10s));
  SUBCASE("that crashed") {
    stage.crash();
  }
  SUBCASE("that stopped") {
    REQUIRE(stage.dispatcher().remember());
    stage.crash();
  }
  CHECK(stage.transport.under_way().empty());
  stage.tick(10s - 1ms);
  CHECK(stage.transport.under_way().empty());
  stage.tick(1ms);
  CHECK(stage.transport.under_way().size() == 1);
  stage.tick(500ms);
  CHECK(stage.transport.under_way().size() == 1);
}

TEST_CASE("an operator has a destination that is held back tried at once") {
  Stage stage;
  stage.arrive(many("b", 100, busy));
  stage.play();
  end_all(stage, come_back_in(1h));
  REQUIRE(stage.transport.under_way().empty());
  const auto retry_now = [&](DeliveryState state) {
    as_operator(stage, [&](journal::Journal& journal) {
      const auto meant = deliveries_in(state, journal, {});
      REQUIRE_FALSE(meant.empty());
      CHECK(journal.retry_now(meant, stage.clock.wall()).value() > 0);
    });
    stage.play();
  };
  SUBCASE("by what is pending") {
    retry_now(DeliveryState::pending);
  }
  SUBCASE("by what was put off") {
    retry_now(DeliveryState::retry_wait);
  }
  SUBCASE("and before the next run") {
    stage.fall();
    as_operator(stage, [&](journal::Journal& journal) {
      const auto meant = deliveries_in(DeliveryState::pending, journal, {});
      CHECK(journal.retry_now(meant, stage.clock.wall()).value() > 0);
    });
    REQUIRE(stage.rise());
    stage.play();
  }
  CHECK(stage.transport.under_way().size() == 1);
}

TEST_CASE("a destination that takes all again is not held back for long") {
  Stage stage;
  stage.arrive(many("b", 100, busy));
  stage.play();
  end_all(stage, come_back_in(1s));
  const auto take_all = [&] {
    std::chrono::milliseconds passed{0};
    for (; passed < 1min && !stage.finished(); passed += 10ms) {
      end_all(stage, answered(200));
      stage.tick(10ms);
    }
    return passed;
  };
  CHECK(take_all() < 10s);
  stage.arrive(many("c", 4'000, busy));
  stage.play();
  CHECK(take_all() < 20s);
  CHECK(stage.finished());
  stage.arrive(many("d", 100, busy));  // nothing limits it any more
  stage.play();
  CHECK(stage.transport.under_way().size() == 50);
}
