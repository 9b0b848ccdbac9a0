#include "support/dead_letters.hpp"
#include "unit/flow/stage.hpp"

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

TEST_CASE("event 2 is not sent while event 1 is retried over all five attempts and their backoff") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  stage.play();
  const std::chrono::seconds waits[] = {1s, 2s, 4s, 8s};
  for (int attempt = 1; attempt <= 5; ++attempt) {
    CHECK(stage.transport.under_way_ids() == Ids{"e1"});
    CHECK(stage.transport.sent().back().attempt == static_cast<unsigned>(attempt));
    stage.answer("e1", 500);
    CHECK(stage.transport.under_way_ids().empty());
    if (attempt == 5) break;
    stage.tick(waits[attempt - 1] - 1us);
    CHECK(stage.transport.under_way_ids().empty());
    stage.tick(1us);
  }
  stage.tick(1h);
  CHECK(stage.transport.sent_ids() == Ids{"e1", "e1", "e1", "e1", "e1"});
  CHECK(stage.figures().tally.of(DeliveryState::dead_letter) == 1);
  CHECK(stage.figures().tally.of(DeliveryState::pending) == 1);
  CHECK(stage.finished());
}

TEST_CASE("event 2 follows event 1 in the same turn as its outcome") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"e3", "X", 3}});
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"e1"});
  stage.answer("e1", 200);
  CHECK(stage.transport.under_way_ids() == Ids{"e2"});
  stage.answer("e2", 200);
  stage.answer("e3", 200);
  CHECK(stage.transport.sent_ids() == Ids{"e1", "e2", "e3"});
  CHECK(stage.finished());
}

TEST_CASE("events that arrive in any order are sent in the order of their numbers") {
  Stage stage;
  stage.arrive({{"e4", "X", 4}, {"e2", "X", 2}});
  stage.play();
  stage.arrive({{"e3", "X", 3}});
  stage.play();
  CHECK(stage.transport.sent().empty());
  CHECK(stage.finished());
  stage.arrive({{"e1", "X", 1}});
  stage.play();
  for (const char* id : {"e1", "e2", "e3", "e4"}) {
    CHECK(stage.transport.under_way_ids() == Ids{id});
    stage.answer(id, 200);
  }
  CHECK(stage.finished());
}

TEST_CASE("lanes of one entity at different destinations do not wait for each other") {
  Stage stage;
  stage.arrive({{"e1", "X", 1, "http://a.test/one"},
                {"e2", "X", 2, "http://a.test/two"},
                {"e3", "X", 3, "http://a.test/one"},
                {"e4", "X", 4, "http://b.test/"}});
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"e1", "e2", "e4"});
  stage.answer("e2", 200);
  CHECK(stage.transport.under_way_ids() == Ids{"e1", "e4"});
  stage.answer("e1", 200);
  CHECK(stage.transport.under_way_ids() == Ids{"e4", "e3"});
}

TEST_CASE("events without entity wait for nothing") {
  Stage stage;
  stage.arrive({{"a", "", {}}, {"b", "", {}}, {"c", "", {}}});
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"a", "b", "c"});
  stage.answer("b", 500);
  stage.answer("a", 200);
  stage.answer("c", 200);
  stage.tick(1s);
  CHECK(stage.transport.under_way_ids() == Ids{"b"});
  stage.answer("b", 200);
  CHECK(stage.finished());
}

TEST_CASE("a lane longer than the window is delivered whole and in order") {
  Stage stage;
  std::vector<Line> lines;
  Ids expected;
  for (int i = 1; i <= 1000; ++i) {
    lines.push_back({"e" + std::to_string(i), "X", i});
    expected.push_back(lines.back().id);
  }
  stage.arrive(lines);
  stage.play();
  for (const auto& id : expected) stage.answer(id, 200);
  CHECK(stage.transport.sent_ids() == expected);
  CHECK(stage.transport.most_under_way() == 1);
  CHECK(stage.finished());
}

TEST_CASE("an answered success is never sent again after a crash and what was in flight is") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}});
  stage.play();
  stage.answer("e1", 200);
  CHECK(stage.transport.under_way_ids() == Ids{"f1", "e2"});
  stage.crash();
  CHECK(stage.figures().unknown == 2);
  auto again = stage.transport.under_way_ids();
  std::sort(again.begin(), again.end());
  CHECK(again == Ids{"e2", "f1"});
  stage.answer("e2", 200);
  stage.answer("f1", 200);
  CHECK(stage.finished());
  const auto sent = stage.transport.sent_ids();
  CHECK(std::count(sent.begin(), sent.end(), "e1") == 1);
}

TEST_CASE("orphans held after a crash are dead letters and nothing is sent") {
  flow::RunOptions options;
  options.orphans = journal::Orphans::hold;
  Stage stage{options};
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  stage.play();
  stage.crash();
  stage.tick(1h);
  CHECK(stage.transport.sent_ids() == Ids{"e1"});
  CHECK(stage.figures().tally.of(DeliveryState::dead_letter) == 1);
}

TEST_CASE("fifty crashes with the same event in flight do not bury it") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}});
  stage.play();
  for (int i = 0; i < 50; ++i) stage.crash();
  stage.answer("e1", 500);
  stage.tick(1s);
  stage.answer("e1", 200);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 1);
}

TEST_CASE("a crash while a retry waits resumes at its time and in order") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  stage.play();
  stage.answer("e1", 503);
  stage.crash();
  CHECK(stage.transport.under_way_ids().empty());
  stage.tick(999ms);
  CHECK(stage.transport.under_way_ids().empty());
  stage.tick(1ms);
  CHECK(stage.transport.under_way_ids() == Ids{"e1"});
  stage.answer("e1", 200);
  stage.answer("e2", 200);
  CHECK(stage.finished());
}

TEST_CASE("a disordered stream survives a crash in its middle") {
  Stage stage;
  stage.arrive({{"e2", "X", 2}, {"e3", "X", 3}});
  stage.play();
  stage.arrive({{"e1", "X", 1}});
  stage.play();
  REQUIRE(stage.dispatcher().remember());
  stage.answer("e1", 200);
  REQUIRE(stage.dispatcher().remember());
  stage.crash();
  stage.answer("e2", 200);
  REQUIRE(stage.dispatcher().remember());
  stage.crash();
  stage.answer("e3", 200);
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 3);
}

TEST_CASE("a crash does not strand what follows a retry and waits for a permit") {
  flow::RunOptions options;
  options.per_host = 1;
  Stage stage{options};
  stage.arrive({{"x1", "X", 1}, {"x2", "X", 2}});
  stage.play();
  stage.answer("x1", 500);
  std::vector<Line> others;
  for (int i = 0; i < 10; ++i) others.push_back({"y" + std::to_string(i), "Y" + std::to_string(i), 1});
  stage.arrive(others);
  stage.play();
  REQUIRE(stage.dispatcher().remember());
  stage.tick(1s);
  while (stage.transport.under_way_ids() != Ids{"x1"}) {
    REQUIRE(stage.transport.finish_all(answered(200)) == 1);
    stage.play();
  }
  stage.arrive({{"z1", "Z", 1}, {"z2", "Z", 2}});
  stage.play();
  stage.answer("x1", 200);
  CHECK(stage.transport.under_way_ids() == Ids{"z1"});  // x2 waits for the permit
  stage.crash();
  for (int round = 0; round < 100 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 14);
}

TEST_CASE("a drain does not strand what follows the last outcome of a lane") {
  Stage stage;
  stage.arrive({{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}});
  stage.play();
  stage.answer("y1", 200);
  stage.answer("x1", 500);
  REQUIRE(stage.dispatcher().remember());
  stage.tick(1s);
  stage.dispatcher().drain();
  stage.answer("x1", 200);
  REQUIRE(stage.dispatcher().remember());
  stage.crash();
  CHECK(stage.transport.under_way_ids() == Ids{"x2"});
}

TEST_CASE("a release seen just before a crash is not lost") {
  flow::RunOptions options;
  options.retry.attempts = 1;
  options.per_host = 1;
  Stage stage{options};
  stage.arrive({{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}, {"z1", "Z", 1}, {"z2", "Z", 2}});
  stage.play();
  stage.answer("x1", 500);
  stage.answer("y1", 200);
  REQUIRE(stage.dispatcher().remember());
  {
    const auto journal = stage.other_journal();
    auto turn = journal::Turn::begin(*journal).value();
    REQUIRE(journal->release(dead_letters(*journal), stage.clock.wall()).value() == 1);
    REQUIRE(turn.commit());
  }
  stage.play();
  REQUIRE(stage.dispatcher().remember());
  CHECK(stage.transport.under_way_ids() == Ids{"z1"});
  stage.crash();
  for (int round = 0; round < 100 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 5);
}
