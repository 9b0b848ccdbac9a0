#include "support/journal/dead_letters.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

TEST_CASE("event 2 is not sent while event 1 is retried over all five attempts and their backoff") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  fixture.play();
  const std::chrono::seconds waits[] = {1s, 2s, 4s, 8s};
  for (int attempt = 1; attempt <= 5; ++attempt) {
    CHECK(fixture.transport.under_way_ids() == Ids{"e1"});
    CHECK(fixture.transport.sent().back().attempt == static_cast<unsigned>(attempt));
    fixture.answer("e1", 500);
    CHECK(fixture.transport.under_way_ids().empty());
    if (attempt == 5) break;
    fixture.tick(waits[attempt - 1] - 1us);
    CHECK(fixture.transport.under_way_ids().empty());
    fixture.tick(1us);
  }
  fixture.tick(1h);
  CHECK(fixture.transport.sent_ids() == Ids{"e1", "e1", "e1", "e1", "e1"});
  CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 1);
  CHECK(fixture.stats().state_counts.of(DeliveryState::pending) == 1);
  CHECK(fixture.finished());
}

TEST_CASE("event 2 follows event 1 in the same turn as its outcome") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"e3", "X", 3}});
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"e1"});
  fixture.answer("e1", 200);
  CHECK(fixture.transport.under_way_ids() == Ids{"e2"});
  fixture.answer("e2", 200);
  fixture.answer("e3", 200);
  CHECK(fixture.transport.sent_ids() == Ids{"e1", "e2", "e3"});
  CHECK(fixture.finished());
}

TEST_CASE("events that arrive in any order are sent in the order of their numbers") {
  DispatcherFixture fixture;
  fixture.arrive({{"e4", "X", 4}, {"e2", "X", 2}});
  fixture.play();
  fixture.arrive({{"e3", "X", 3}});
  fixture.play();
  CHECK(fixture.transport.sent().empty());
  CHECK(fixture.finished());
  fixture.arrive({{"e1", "X", 1}});
  fixture.play();
  for (const char* id : {"e1", "e2", "e3", "e4"}) {
    CHECK(fixture.transport.under_way_ids() == Ids{id});
    fixture.answer(id, 200);
  }
  CHECK(fixture.finished());
}

TEST_CASE("lanes of one entity at different destinations do not wait for each other") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1, "http://a.test/one"},
                  {"e2", "X", 2, "http://a.test/two"},
                  {"e3", "X", 3, "http://a.test/one"},
                  {"e4", "X", 4, "http://b.test/"}});
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"e1", "e2", "e4"});
  fixture.answer("e2", 200);
  CHECK(fixture.transport.under_way_ids() == Ids{"e1", "e4"});
  fixture.answer("e1", 200);
  CHECK(fixture.transport.under_way_ids() == Ids{"e4", "e3"});
}

TEST_CASE("events without entity wait for nothing") {
  DispatcherFixture fixture;
  fixture.arrive({{"a", "", {}}, {"b", "", {}}, {"c", "", {}}});
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"a", "b", "c"});
  fixture.answer("b", 500);
  fixture.answer("a", 200);
  fixture.answer("c", 200);
  fixture.tick(1s);
  CHECK(fixture.transport.under_way_ids() == Ids{"b"});
  fixture.answer("b", 200);
  CHECK(fixture.finished());
}

TEST_CASE("a lane longer than the window is delivered whole and in order") {
  DispatcherFixture fixture;
  std::vector<Line> lines;
  Ids expected;
  for (int i = 1; i <= 1000; ++i) {
    lines.push_back({"e" + std::to_string(i), "X", i});
    expected.push_back(lines.back().id);
  }
  fixture.arrive(lines);
  fixture.play();
  for (const auto& id : expected) fixture.answer(id, 200);
  CHECK(fixture.transport.sent_ids() == expected);
  CHECK(fixture.transport.most_under_way() == 1);
  CHECK(fixture.finished());
}

TEST_CASE("an answered success is never sent again after a crash and what was in flight is") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}});
  fixture.play();
  fixture.answer("e1", 200);
  CHECK(fixture.transport.under_way_ids() == Ids{"f1", "e2"});
  fixture.crash();
  CHECK(fixture.stats().unknown == 2);
  auto again = fixture.transport.under_way_ids();
  std::sort(again.begin(), again.end());
  CHECK(again == Ids{"e2", "f1"});
  fixture.answer("e2", 200);
  fixture.answer("f1", 200);
  CHECK(fixture.finished());
  const auto sent = fixture.transport.sent_ids();
  CHECK(std::count(sent.begin(), sent.end(), "e1") == 1);
}

TEST_CASE("orphans held after a crash are dead letters and nothing is sent") {
  flow::RunOptions options;
  options.orphans = journal::Orphans::hold;
  DispatcherFixture fixture{options};
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  fixture.play();
  fixture.crash();
  fixture.tick(1h);
  CHECK(fixture.transport.sent_ids() == Ids{"e1"});
  CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 1);
}

TEST_CASE("fifty crashes with the same event in flight do not bury it") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}});
  fixture.play();
  for (int i = 0; i < 50; ++i) fixture.crash();
  fixture.answer("e1", 500);
  fixture.tick(1s);
  fixture.answer("e1", 200);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 1);
}

TEST_CASE("a crash while a retry waits resumes at its time and in order") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  fixture.play();
  fixture.answer("e1", 503);
  fixture.crash();
  CHECK(fixture.transport.under_way_ids().empty());
  fixture.tick(999ms);
  CHECK(fixture.transport.under_way_ids().empty());
  fixture.tick(1ms);
  CHECK(fixture.transport.under_way_ids() == Ids{"e1"});
  fixture.answer("e1", 200);
  fixture.answer("e2", 200);
  CHECK(fixture.finished());
}

TEST_CASE("a disordered stream survives a crash in its middle") {
  DispatcherFixture fixture;
  fixture.arrive({{"e2", "X", 2}, {"e3", "X", 3}});
  fixture.play();
  fixture.arrive({{"e1", "X", 1}});
  fixture.play();
  REQUIRE(fixture.dispatcher().save_progress());
  fixture.answer("e1", 200);
  REQUIRE(fixture.dispatcher().save_progress());
  fixture.crash();
  fixture.answer("e2", 200);
  REQUIRE(fixture.dispatcher().save_progress());
  fixture.crash();
  fixture.answer("e3", 200);
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 3);
}

TEST_CASE("a crash does not strand what follows a retry and waits for a permit") {
  flow::RunOptions options;
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive({{"x1", "X", 1}, {"x2", "X", 2}});
  fixture.play();
  fixture.answer("x1", 500);
  std::vector<Line> others;
  for (int i = 0; i < 10; ++i) others.push_back({"y" + std::to_string(i), "Y" + std::to_string(i), 1});
  fixture.arrive(others);
  fixture.play();
  REQUIRE(fixture.dispatcher().save_progress());
  fixture.tick(1s);
  while (fixture.transport.under_way_ids() != Ids{"x1"}) {
    REQUIRE(fixture.transport.finish_all(answered(200)) == 1);
    fixture.play();
  }
  fixture.arrive({{"z1", "Z", 1}, {"z2", "Z", 2}});
  fixture.play();
  fixture.answer("x1", 200);
  CHECK(fixture.transport.under_way_ids() == Ids{"z1"});  // x2 waits for the permit
  fixture.crash();
  for (int round = 0; round < 100 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 14);
}

TEST_CASE("a drain does not strand what follows the last outcome of a lane") {
  DispatcherFixture fixture;
  fixture.arrive({{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}});
  fixture.play();
  fixture.answer("y1", 200);
  fixture.answer("x1", 500);
  REQUIRE(fixture.dispatcher().save_progress());
  fixture.tick(1s);
  fixture.dispatcher().drain();
  fixture.answer("x1", 200);
  REQUIRE(fixture.dispatcher().save_progress());
  fixture.crash();
  CHECK(fixture.transport.under_way_ids() == Ids{"x2"});
}

TEST_CASE("a release seen just before a crash is not lost") {
  flow::RunOptions options;
  options.retry.attempts = 1;
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive({{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}, {"z1", "Z", 1}, {"z2", "Z", 2}});
  fixture.play();
  fixture.answer("x1", 500);
  fixture.answer("y1", 200);
  REQUIRE(fixture.dispatcher().save_progress());
  {
    const auto journal = fixture.other_journal();
    auto transaction = journal->begin().value();
    REQUIRE(transaction->release(dead_letters(*journal), fixture.clock.wall()).value() == 1);
    REQUIRE(transaction->commit());
  }
  fixture.play();
  REQUIRE(fixture.dispatcher().save_progress());
  CHECK(fixture.transport.under_way_ids() == Ids{"z1"});
  fixture.crash();
  for (int round = 0; round < 100 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 5);
}
