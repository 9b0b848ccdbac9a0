#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

using namespace dispatch;
using namespace dispatch::test;

namespace {

const std::string nowhere;

/// "a http://a.test/hook": what was started, whatever the order of destinations.
std::multiset<std::string> sent(const DispatcherFixture& fixture) {
  std::multiset<std::string> all;
  for (const auto& outgoing : fixture.transport.sent()) all.insert(outgoing.event_id + " " + outgoing.url);
  return all;
}

std::string rejects(const DispatcherFixture& fixture) {
  std::ifstream file{fixture.directory.path() / "rejects.jsonl"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

using Sent = std::multiset<std::string>;

}  // namespace

TEST_CASE("an event goes to its own url and to every subscription and each is a delivery of its own") {
  DispatcherFixture fixture;
  subscribe(fixture, subscription("s1"));
  subscribe(fixture, subscription("s2"));
  fixture.arrive({{"a", "X", 1}});
  fixture.play();
  CHECK(sent(fixture) == Sent{"a http://a.test/hook", "a http://s1.test/hook", "a http://s2.test/hook"});
  CHECK(fixture.journal().state_counts()->open() == 3);
}

TEST_CASE("an event that was routed before a subscription was added reaches it where it is appended after") {
  DispatcherFixture fixture;
  fixture.arrive({{"a", "X", 1}, {"b", "X", 2, nowhere}});
  subscribe(fixture, subscription("late"));
  fixture.play();
  CHECK(sent(fixture) == Sent{"a http://a.test/hook", "a http://late.test/hook"});
  fixture.answer("a", 200);
  fixture.answer("a", 200);
  CHECK(sent(fixture).contains("b http://late.test/hook"));
  CHECK(fixture.stats().rejected == 0);
}

TEST_CASE("an event that was routed before a subscription changed goes where it is meant to go now") {
  DispatcherFixture fixture;
  auto one = subscription("s", {"*"});
  const auto no = subscribe(fixture, one);
  fixture.arrive({{"a", "X", 1, nowhere}});
  fixture.play();
  CHECK(sent(fixture) == Sent{"a http://s.test/hook"});

  fixture.arrive({{"b", "Y", 1, nowhere}});
  one.url = "http://moved.test/hook";
  one.host = "moved.test";
  CHECK(subscribe(fixture, one) == no);
  fixture.arrive({{"c", "Z", 1, nowhere}});
  fixture.play();
  CHECK(sent(fixture) ==
        Sent{"a http://s.test/hook", "b http://moved.test/hook", "c http://moved.test/hook"});

  as_operator(fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.remove_subscription(no, fixture.clock.wall()));
  });
  fixture.arrive({{"d", "X", 9}});
  fixture.play();
  CHECK(sent(fixture).count("d http://moved.test/hook") == 0);
}

TEST_CASE("an event that matches no subscription is accepted and counted") {
  DispatcherFixture fixture;
  subscribe(fixture, subscription("orders", {"order.*"}));
  fixture.arrive({{"a", "X", 1, nowhere}, {"b", "X", 2}});
  fixture.play();
  CHECK(sent(fixture) == Sent{"b http://a.test/hook"});
  CHECK(fixture.stats().accepted == 2);
  CHECK(fixture.stats().unmatched == 1);
  CHECK(fixture.stats().rejected == 0);
}

TEST_CASE("an event that goes nowhere is rejected only while there are no subscriptions") {
  DispatcherFixture fixture;
  fixture.arrive({{"a", "X", 1, nowhere}, {"b", "Y", 1}, {"c", "Z", 1, nowhere}});
  fixture.play();
  CHECK(sent(fixture) == Sent{"b http://a.test/hook"});
  CHECK(fixture.stats().rejected == 2);
  CHECK(fixture.stats().accepted == 1);
  CHECK(rejects(fixture).find("there is no url and no --to") != std::string::npos);

  const auto no = subscribe(fixture, subscription("orders", {"order.*"}));
  fixture.arrive({{"d", "X", 1, nowhere}});
  fixture.play();
  CHECK(fixture.stats().unmatched == 1);

  as_operator(fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.remove_subscription(no, fixture.clock.wall()));
  });
  fixture.arrive({{"e", "X", 2, nowhere}});
  fixture.play();
  CHECK(fixture.stats().rejected == 3);
}

TEST_CASE("a subscription that is added while a batch is half appended gets the rest") {
  DispatcherFixture fixture;
  std::vector<Line> lines;
  for (int i = 1; i <= 20'000; ++i) lines.push_back({"e" + std::to_string(i), "", std::nullopt, nowhere});
  subscribe(fixture, subscription("orders", {"order.*"}));
  fixture.arrive(lines);
  std::uint64_t before = 0;
  const auto played = fixture.try_play([&] {
    if (before > 0 || fixture.stats().accepted == 0) return;
    before = fixture.stats().accepted;
    subscribe(fixture, subscription("late"));
  });
  REQUIRE(played);
  REQUIRE(before < lines.size());
  CHECK(fixture.stats().accepted == lines.size());
  CHECK(fixture.stats().unmatched == before);
  CHECK(static_cast<std::uint64_t>(fixture.journal().state_counts()->open()) == lines.size() - before);
}
