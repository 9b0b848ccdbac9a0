// What waits for a time, and that an operator wants to be tried now while a run is on.

#include "support/journal/dead_letters.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

namespace {

void retry_now(DispatcherFixture& fixture, DeliveryState state, const journal::DeliveryFilter& which) {
  as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    const auto meant = deliveries_in(state, journal, which);
    REQUIRE_FALSE(meant.empty());
    CHECK(transaction.retry_now(meant, fixture.clock.wall()).value() ==
          static_cast<std::int64_t>(meant.size()));
  });
  fixture.play();
}

Outcome come_back_tomorrow() {
  Outcome outcome = answered(500);
  outcome.retry_after = 24h;
  return outcome;
}

}  // namespace

TEST_CASE("a retry that is due tomorrow is tried now and its lane goes on in order") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}, {"alone", "", {}}});
  fixture.play();
  fixture.end("e1", come_back_tomorrow());
  fixture.end("f1", come_back_tomorrow());
  fixture.end("alone", come_back_tomorrow());
  REQUIRE(fixture.transport.under_way_ids().empty());
  retry_now(fixture, DeliveryState::retry_wait, {.events = {"e1", "alone"}});
  CHECK(fixture.transport.under_way_ids() == Ids{"e1", "alone"});
  fixture.answer("e1", 200);
  CHECK(fixture.transport.under_way_ids() == Ids{"alone", "e2"});
  fixture.answer("e2", 200);
  fixture.answer("alone", 200);
  CHECK(fixture.transport.under_way_ids().empty());
  fixture.tick(25h);
  CHECK(fixture.transport.under_way_ids() == Ids{"f1"});
  fixture.answer("f1", 200);
  CHECK(fixture.finished());
}

TEST_CASE("a retry whose time an operator has brought forward spends an attempt") {
  flow::RunOptions options;
  options.retry.attempts = 2;
  DispatcherFixture fixture{options};
  fixture.arrive({{"e1", "X", 1}});
  fixture.play();
  fixture.end("e1", come_back_tomorrow());
  retry_now(fixture, DeliveryState::retry_wait, {});
  fixture.answer("e1", 500);
  CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 1);
}

TEST_CASE("an open circuit is probed at once when an operator asks for it") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  DispatcherFixture fixture{options};
  std::vector<Line> lines;
  for (int i = 0; i < 100; ++i) lines.push_back({"d" + std::to_string(i), "d" + std::to_string(i), 1});
  fixture.arrive(lines);
  fixture.play();
  fixture.transport.finish_all(answered(500));
  fixture.play();
  REQUIRE(fixture.stats().circuits_open == 1);
  REQUIRE(fixture.transport.under_way().empty());
  SUBCASE("with something pending behind it") {
    retry_now(fixture, DeliveryState::pending, {.events = {"d99"}});
  }
  SUBCASE("with a retry") {
    retry_now(fixture, DeliveryState::retry_wait, {.events = {"d0"}});
  }
  CHECK(fixture.transport.under_way().size() == 3);
  for (int round = 0; round < 100 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.tick(1s);
  }
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 100);
}

TEST_CASE("what an operator asked for while no run was on is tried by the next one") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  DispatcherFixture fixture{options};
  fixture.arrive({{"e1", "X", 1}});
  fixture.play();
  fixture.end("e1", come_back_tomorrow());
  fixture.fall();
  as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    CHECK(transaction.retry_now(deliveries_in(DeliveryState::retry_wait, journal), fixture.clock.wall())
              .value() == 1);
  });
  REQUIRE(fixture.rise());
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"e1"});
}
