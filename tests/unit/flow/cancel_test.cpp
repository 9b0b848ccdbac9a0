// Deliveries that an operator cancels while a run is on.

#include "support/dead_letters.hpp"
#include "unit/flow/stage.hpp"

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

namespace {

void cancel(Stage& stage, DeliveryState state, const journal::DeliveryFilter& which) {
  as_operator(stage, [&](journal::Journal& journal) {
    const auto meant = deliveries_in(state, journal, which);
    REQUIRE_FALSE(meant.empty());
    CHECK(journal.cancel(meant, stage.clock.wall()).value() == static_cast<std::int64_t>(meant.size()));
  });
}

}  // namespace

TEST_CASE("what is cancelled behind a request under way is not sent and its lane goes on") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"e3", "X", 3}, {"e4", "X", 4}});
  stage.play();
  cancel(stage, DeliveryState::pending, {.events = {"e2", "e3"}});
  stage.answer("e1", 200);
  CHECK(stage.transport.under_way_ids() == Ids{"e4"});
  stage.answer("e4", 200);
  CHECK(stage.transport.sent_ids() == Ids{"e1", "e4"});
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::failed) == 2);
}

TEST_CASE("a retry that is cancelled lets its lane go on at once") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  stage.play();
  stage.answer("e1", 500);
  CHECK(stage.transport.under_way_ids().empty());
  cancel(stage, DeliveryState::retry_wait, {.events = {"e1"}});
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"e2"});
  stage.answer("e2", 200);
  CHECK(stage.finished());
}

TEST_CASE("a run does not wait for a retry that was cancelled") {
  Stage stage;
  SUBCASE("of an event with an entity") {
    stage.arrive({{"e1", "X", 1}});
  }
  SUBCASE("of one without") {
    stage.arrive({{"e1", "", {}}});
  }
  stage.play();
  stage.answer("e1", 500);
  CHECK_FALSE(stage.finished());
  cancel(stage, DeliveryState::retry_wait, {});
  stage.play();
  CHECK(stage.finished());
  stage.tick(1h);
  CHECK(stage.transport.sent_ids() == Ids{"e1"});
}

TEST_CASE("a lane whose every waiting delivery is cancelled is done") {
  flow::RunOptions options;
  options.per_host = 1;
  Stage stage{options};
  std::vector<Line> lines;
  for (int i = 1; i <= 300; ++i) lines.push_back({"x" + std::to_string(i), "X", i});
  lines.push_back({"y1", "Y", 1});
  stage.arrive(lines);
  stage.play();
  cancel(stage, DeliveryState::pending, {.entities = {"X"}});
  stage.answer(stage.transport.under_way_ids().at(0), 200);
  for (int round = 0; round < 10 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(stage.finished());
  CHECK(stage.transport.sent_ids().size() == 2);
  CHECK(stage.figures().tally.of(DeliveryState::failed) == 299);
}

TEST_CASE("what is cancelled and replayed is sent") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  stage.play();
  stage.answer("e1", 500);
  cancel(stage, DeliveryState::retry_wait, {});
  cancel(stage, DeliveryState::pending, {});
  stage.play();
  CHECK(stage.finished());
  as_operator(stage, [&](journal::Journal& journal) {
    std::vector<journal::DeliveryKey> keys;
    const auto rows = journal.scan(OutletNo{1}, Position{}, 10).value();
    for (const auto& row : rows) keys.push_back(row.key);
    CHECK(journal.replay(keys, std::nullopt, stage.clock.wall()).value() == 2);
  });
  stage.play();
  stage.answer("e1", 200);
  stage.answer("e2", 200);
  CHECK(stage.finished());
  CHECK(stage.transport.sent_ids() == Ids{"e1", "e1", "e2"});
}

TEST_CASE("what arrives above what was cancelled waits for what lies below it") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  stage.play();
  stage.answer("e1", 500);
  cancel(stage, DeliveryState::pending, {.events = {"e2"}});
  stage.play();
  SUBCASE("in the same run") {}
  SUBCASE("in another run") {
    stage.crash();
  }
  stage.arrive({{"e3", "X", 3}});
  stage.play();
  CHECK(stage.transport.under_way_ids().empty());
  stage.tick(1h);
  CHECK(stage.transport.under_way_ids() == Ids{"e1"});
  stage.answer("e1", 200);
  CHECK(stage.transport.under_way_ids() == Ids{"e3"});
}
