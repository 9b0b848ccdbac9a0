#include "support/dead_letters.hpp"
#include "unit/flow/stage.hpp"

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

namespace {

void bury(Stage& stage, const std::string& id) {
  for (int attempt = 1; attempt <= 5; ++attempt) {
    stage.answer(id, 500);
    stage.tick(10s);
  }
}

}  // namespace

TEST_CASE("a release while a run is on sends the rest in order with the attempts reset") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"e3", "X", 3}, {"f1", "Y", 1}});
  stage.play();
  stage.answer("f1", 200);
  bury(stage, "e1");
  CHECK(stage.transport.under_way_ids().empty());
  CHECK(stage.finished());

  as_operator(stage, [&](journal::Journal& journal) {
    CHECK(journal.release(dead_letters(journal, {.entities = {"X"}}), stage.clock.wall()).value() == 1);
  });
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"e1"});
  CHECK(stage.transport.sent().back().attempt == 6);
  stage.answer("e1", 500);
  stage.tick(1s);
  stage.answer("e1", 200);
  stage.answer("e2", 200);
  stage.answer("e3", 200);
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 4);
}

TEST_CASE("a discard while a run is on lets the lane move on past it") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  stage.play();
  bury(stage, "e1");
  as_operator(stage, [&](journal::Journal& journal) {
    CHECK(journal.discard(dead_letters(journal, {.events = {"e1"}}), stage.clock.wall()).value() == 1);
  });
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"e2"});
  stage.answer("e2", 200);
  CHECK(stage.figures().tally.of(DeliveryState::failed) == 1);
  CHECK(stage.finished());
}

TEST_CASE("a gap blocks its entity until it is skipped") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e4", "X", 4}, {"e5", "X", 5}});
  stage.play();
  stage.answer("e1", 200);
  stage.tick(1h);
  CHECK(stage.transport.sent_ids() == Ids{"e1"});
  CHECK(stage.finished());
  as_operator(stage, [&](journal::Journal& journal) {
    const auto skipped = journal.skip_gap("X", std::nullopt, stage.clock.wall()).value();
    REQUIRE(skipped);
    CHECK(skipped->first == SequenceNumber{2});
    CHECK(skipped->second == SequenceNumber{3});
  });
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"e4"});
  stage.answer("e4", 200);
  stage.answer("e5", 200);
  CHECK(stage.finished());
}

TEST_CASE("a gap filled by another process is seen by the run") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e3", "X", 3, "http://b.test/"}});
  stage.play();
  stage.answer("e1", 200);
  CHECK(stage.transport.sent_ids() == Ids{"e1"});
  as_operator(stage, [&](journal::Journal& journal) {
    const auto late = incoming({{"e2", "X", 2}});
    REQUIRE(journal.append(late.batch.arrivals, {}, stage.clock.wall()));
  });
  stage.play();
  auto under_way = stage.transport.under_way_ids();
  std::sort(under_way.begin(), under_way.end());
  CHECK(under_way == Ids{"e2", "e3"});
}

TEST_CASE("a thousand dead letters released at once are delivered through a small window") {
  flow::RunOptions options;
  options.retry.attempts = 1;
  Stage stage{options};
  std::vector<Line> lines;
  for (int i = 0; i < 1000; ++i) {
    const auto entity = "E" + std::to_string(i);
    lines.push_back({entity + "-1", entity, 1});
    lines.push_back({entity + "-2", entity, 2});
  }
  stage.arrive(lines);
  stage.play();
  for (int round = 0; round < 1000 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(500));
    stage.play();
  }
  CHECK(stage.figures().tally.of(DeliveryState::dead_letter) == 1000);
  as_operator(stage, [&](journal::Journal& journal) {
    CHECK(journal.release(dead_letters(journal), stage.clock.wall()).value() == 1000);
  });
  stage.play();
  for (int round = 0; round < 1000 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 2000);
}

TEST_CASE("an entity released while its host has no room is not forgotten") {
  flow::RunOptions options;
  options.retry.attempts = 1;
  options.per_host = 1;
  Stage stage{options};
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  stage.play();
  stage.answer("e1", 500);
  std::vector<Line> others;
  for (int i = 0; i < 200; ++i) others.push_back({"o" + std::to_string(i), "O" + std::to_string(i), 1});
  stage.arrive(others);
  stage.play();
  as_operator(stage, [&](journal::Journal& journal) {
    CHECK(journal.release(dead_letters(journal, {.entities = {"X"}}), stage.clock.wall()).value() == 1);
  });
  stage.play();
  for (int round = 0; round < 1000 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 202);
}

TEST_CASE("a hundred submissions of one event id are one request") {
  Stage stage;
  for (int i = 0; i < 100; ++i) stage.arrive({{"same", "X", 1}});
  stage.play();
  CHECK(stage.transport.sent_ids() == Ids{"same"});
  stage.answer("same", 200);
  CHECK(stage.finished());
  CHECK(stage.figures().accepted == 1);
  CHECK(stage.figures().duplicates == 99);
}

TEST_CASE("an aborted attempt is unknown and goes again without being spent") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}});
  stage.play();
  stage.transport.abort();
  stage.play();
  CHECK(stage.figures().unknown == 1);
  CHECK(stage.transport.under_way_ids() == Ids{"e1"});
  stage.answer("e1", 200);
  CHECK(stage.finished());
}
