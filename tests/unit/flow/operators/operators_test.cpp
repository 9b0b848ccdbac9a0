#include "support/journal/dead_letters.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

namespace {

void bury(DispatcherFixture& fixture, const std::string& id) {
  for (int attempt = 1; attempt <= 5; ++attempt) {
    fixture.answer(id, 500);
    fixture.tick(10s);
  }
}

}  // namespace

TEST_CASE("a release while a run is on sends the rest in order with the attempts reset") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"e3", "X", 3}, {"f1", "Y", 1}});
  fixture.play();
  fixture.answer("f1", 200);
  bury(fixture, "e1");
  CHECK(fixture.transport.under_way_ids().empty());
  CHECK(fixture.finished());

  as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    CHECK(transaction.release(dead_letters(journal, {.entities = {"X"}}), fixture.clock.wall()).value() == 1);
  });
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"e1"});
  CHECK(fixture.transport.sent().back().attempt == 6);
  fixture.answer("e1", 500);
  fixture.tick(1s);
  fixture.answer("e1", 200);
  fixture.answer("e2", 200);
  fixture.answer("e3", 200);
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 4);
}

TEST_CASE("a discard while a run is on lets the lane move on past it") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  fixture.play();
  bury(fixture, "e1");
  as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    CHECK(transaction.discard(dead_letters(journal, {.events = {"e1"}}), fixture.clock.wall()).value() == 1);
  });
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"e2"});
  fixture.answer("e2", 200);
  CHECK(fixture.stats().state_counts.of(DeliveryState::failed) == 1);
  CHECK(fixture.finished());
}

TEST_CASE("a gap blocks its entity until it is skipped") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e4", "X", 4}, {"e5", "X", 5}});
  fixture.play();
  fixture.answer("e1", 200);
  fixture.tick(1h);
  CHECK(fixture.transport.sent_ids() == Ids{"e1"});
  CHECK(fixture.finished());
  as_operator(fixture, [&](journal::Transaction& transaction) {
    const auto skipped = transaction.skip_gap("X", std::nullopt, fixture.clock.wall()).value();
    REQUIRE(skipped);
    CHECK(skipped->first == SequenceNumber{2});
    CHECK(skipped->second == SequenceNumber{3});
  });
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"e4"});
  fixture.answer("e4", 200);
  fixture.answer("e5", 200);
  CHECK(fixture.finished());
}

TEST_CASE("a gap filled by another process is seen by the run") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e3", "X", 3, "http://b.test/"}});
  fixture.play();
  fixture.answer("e1", 200);
  CHECK(fixture.transport.sent_ids() == Ids{"e1"});
  as_operator(fixture, [&](journal::Transaction& transaction) {
    const auto late = incoming({{"e2", "X", 2}});
    REQUIRE(transaction.append(late.batch.arrivals, {}, fixture.clock.wall()));
  });
  fixture.play();
  auto under_way = fixture.transport.under_way_ids();
  std::sort(under_way.begin(), under_way.end());
  CHECK(under_way == Ids{"e2", "e3"});
}

TEST_CASE("a thousand dead letters released at once are delivered through a small window") {
  flow::RunOptions options;
  options.retry.attempts = 1;
  DispatcherFixture fixture{options};
  std::vector<Line> lines;
  for (int i = 0; i < 1000; ++i) {
    const auto entity = "E" + std::to_string(i);
    lines.push_back({entity + "-1", entity, 1});
    lines.push_back({entity + "-2", entity, 2});
  }
  fixture.arrive(lines);
  fixture.play();
  for (int round = 0; round < 1000 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(500));
    fixture.play();
  }
  CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 1000);
  as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    CHECK(transaction.release(dead_letters(journal), fixture.clock.wall()).value() == 1000);
  });
  fixture.play();
  for (int round = 0; round < 1000 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 2000);
}

TEST_CASE("an entity released while its host has no room is not forgotten") {
  flow::RunOptions options;
  options.retry.attempts = 1;
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  fixture.play();
  fixture.answer("e1", 500);
  std::vector<Line> others;
  for (int i = 0; i < 200; ++i) others.push_back({"o" + std::to_string(i), "O" + std::to_string(i), 1});
  fixture.arrive(others);
  fixture.play();
  as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    CHECK(transaction.release(dead_letters(journal, {.entities = {"X"}}), fixture.clock.wall()).value() == 1);
  });
  fixture.play();
  for (int round = 0; round < 1000 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 202);
}

TEST_CASE("a hundred submissions of one event id are one request") {
  DispatcherFixture fixture;
  for (int i = 0; i < 100; ++i) fixture.arrive({{"same", "X", 1}});
  fixture.play();
  CHECK(fixture.transport.sent_ids() == Ids{"same"});
  fixture.answer("same", 200);
  CHECK(fixture.finished());
  CHECK(fixture.stats().accepted == 1);
  CHECK(fixture.stats().duplicates == 99);
}

TEST_CASE("an aborted attempt is unknown and goes again without being spent") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}});
  fixture.play();
  fixture.transport.abort();
  fixture.play();
  CHECK(fixture.stats().unknown == 1);
  CHECK(fixture.transport.under_way_ids() == Ids{"e1"});
  fixture.answer("e1", 200);
  CHECK(fixture.finished());
}
