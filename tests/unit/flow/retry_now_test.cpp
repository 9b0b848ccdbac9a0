// What waits for a time, and that an operator wants to be tried now while a run is on.

#include "support/dead_letters.hpp"
#include "unit/flow/stage.hpp"

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

namespace {

void retry_now(Stage& stage, DeliveryState state, const journal::DeliveryFilter& which) {
  as_operator(stage, [&](journal::Journal& journal) {
    const auto meant = deliveries_in(state, journal, which);
    REQUIRE_FALSE(meant.empty());
    CHECK(journal.retry_now(meant, stage.clock.wall()).value() == static_cast<std::int64_t>(meant.size()));
  });
  stage.play();
}

Outcome come_back_tomorrow() {
  Outcome outcome = answered(500);
  outcome.retry_after = 24h;
  return outcome;
}

}  // namespace

TEST_CASE("a retry that is due tomorrow is tried now and its lane goes on in order") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}, {"alone", "", {}}});
  stage.play();
  stage.end("e1", come_back_tomorrow());
  stage.end("f1", come_back_tomorrow());
  stage.end("alone", come_back_tomorrow());
  REQUIRE(stage.transport.under_way_ids().empty());
  retry_now(stage, DeliveryState::retry_wait, {.events = {"e1", "alone"}});
  CHECK(stage.transport.under_way_ids() == Ids{"e1", "alone"});
  stage.answer("e1", 200);
  CHECK(stage.transport.under_way_ids() == Ids{"alone", "e2"});
  stage.answer("e2", 200);
  stage.answer("alone", 200);
  CHECK(stage.transport.under_way_ids().empty());
  stage.tick(25h);
  CHECK(stage.transport.under_way_ids() == Ids{"f1"});
  stage.answer("f1", 200);
  CHECK(stage.finished());
}

TEST_CASE("a retry whose time an operator has brought forward spends an attempt") {
  flow::RunOptions options;
  options.retry.attempts = 2;
  Stage stage{options};
  stage.arrive({{"e1", "X", 1}});
  stage.play();
  stage.end("e1", come_back_tomorrow());
  retry_now(stage, DeliveryState::retry_wait, {});
  stage.answer("e1", 500);
  CHECK(stage.figures().tally.of(DeliveryState::dead_letter) == 1);
}

TEST_CASE("an open circuit is probed at once when an operator asks for it") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  Stage stage{options};
  std::vector<Line> lines;
  for (int i = 0; i < 100; ++i) lines.push_back({"d" + std::to_string(i), "d" + std::to_string(i), 1});
  stage.arrive(lines);
  stage.play();
  stage.transport.finish_all(answered(500));
  stage.play();
  REQUIRE(stage.figures().circuits_open == 1);
  REQUIRE(stage.transport.under_way().empty());
  SUBCASE("with something pending behind it") {
    retry_now(stage, DeliveryState::pending, {.events = {"d99"}});
  }
  SUBCASE("with a retry") {
    retry_now(stage, DeliveryState::retry_wait, {.events = {"d0"}});
  }
  CHECK(stage.transport.under_way().size() == 3);
  for (int round = 0; round < 100 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.tick(1s);
  }
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 100);
}

TEST_CASE("what an operator asked for while no run was on is tried by the next one") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  Stage stage{options};
  stage.arrive({{"e1", "X", 1}});
  stage.play();
  stage.end("e1", come_back_tomorrow());
  stage.fall();
  as_operator(stage, [&](journal::Journal& journal) {
    CHECK(journal.retry_now(deliveries_in(DeliveryState::retry_wait, journal), stage.clock.wall()).value() ==
          1);
  });
  REQUIRE(stage.rise());
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"e1"});
}
