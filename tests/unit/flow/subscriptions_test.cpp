#include "unit/flow/stage.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

using namespace dispatch;
using namespace dispatch::test;

namespace {

const std::string nowhere;

/// "a http://a.test/hook": what was started, whatever the order of destinations.
std::multiset<std::string> sent(const Stage& stage) {
  std::multiset<std::string> all;
  for (const auto& outgoing : stage.transport.sent()) all.insert(outgoing.event_id + " " + outgoing.url);
  return all;
}

std::string rejects(const Stage& stage) {
  std::ifstream file{stage.directory.path() / "rejects.jsonl"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

using Sent = std::multiset<std::string>;

}  // namespace

TEST_CASE("an event goes to its own url and to every subscription and each is a delivery of its own") {
  Stage stage;
  subscribe(stage, subscription("s1"));
  subscribe(stage, subscription("s2"));
  stage.arrive({{"a", "X", 1}});
  stage.play();
  CHECK(sent(stage) == Sent{"a http://a.test/hook", "a http://s1.test/hook", "a http://s2.test/hook"});
  CHECK(stage.journal().tally()->open() == 3);
}

TEST_CASE("an event that was routed before a subscription was added reaches it where it is appended after") {
  Stage stage;
  stage.arrive({{"a", "X", 1}, {"b", "X", 2, nowhere}});
  subscribe(stage, subscription("late"));
  stage.play();
  CHECK(sent(stage) == Sent{"a http://a.test/hook", "a http://late.test/hook"});
  stage.answer("a", 200);
  stage.answer("a", 200);
  CHECK(sent(stage).contains("b http://late.test/hook"));
  CHECK(stage.figures().rejected == 0);
}

TEST_CASE("an event that was routed before a subscription changed goes where it is meant to go now") {
  Stage stage;
  auto one = subscription("s", {"*"});
  const auto no = subscribe(stage, one);
  stage.arrive({{"a", "X", 1, nowhere}});
  stage.play();
  CHECK(sent(stage) == Sent{"a http://s.test/hook"});

  stage.arrive({{"b", "Y", 1, nowhere}});
  one.url = "http://moved.test/hook";
  one.host = "moved.test";
  CHECK(subscribe(stage, one) == no);
  stage.arrive({{"c", "Z", 1, nowhere}});
  stage.play();
  CHECK(sent(stage) == Sent{"a http://s.test/hook", "b http://moved.test/hook", "c http://moved.test/hook"});

  as_operator(stage, [&](journal::Journal& journal) {
    REQUIRE(journal.remove_subscription(no, stage.clock.wall()));
  });
  stage.arrive({{"d", "X", 9}});
  stage.play();
  CHECK(sent(stage).count("d http://moved.test/hook") == 0);
}

TEST_CASE("an event that matches no subscription is accepted and counted") {
  Stage stage;
  subscribe(stage, subscription("orders", {"order.*"}));
  stage.arrive({{"a", "X", 1, nowhere}, {"b", "X", 2}});
  stage.play();
  CHECK(sent(stage) == Sent{"b http://a.test/hook"});
  CHECK(stage.figures().accepted == 2);
  CHECK(stage.figures().unmatched == 1);
  CHECK(stage.figures().rejected == 0);
}

TEST_CASE("an event that goes nowhere is rejected only while there are no subscriptions") {
  Stage stage;
  stage.arrive({{"a", "X", 1, nowhere}, {"b", "Y", 1}, {"c", "Z", 1, nowhere}});
  stage.play();
  CHECK(sent(stage) == Sent{"b http://a.test/hook"});
  CHECK(stage.figures().rejected == 2);
  CHECK(stage.figures().accepted == 1);
  CHECK(rejects(stage).find("there is no url and no --to") != std::string::npos);

  const auto no = subscribe(stage, subscription("orders", {"order.*"}));
  stage.arrive({{"d", "X", 1, nowhere}});
  stage.play();
  CHECK(stage.figures().unmatched == 1);

  as_operator(stage, [&](journal::Journal& journal) {
    REQUIRE(journal.remove_subscription(no, stage.clock.wall()));
  });
  stage.arrive({{"e", "X", 2, nowhere}});
  stage.play();
  CHECK(stage.figures().rejected == 3);
}

TEST_CASE("a subscription that is added while a batch is half appended gets the rest") {
  Stage stage;
  std::vector<Line> lines;
  for (int i = 1; i <= 20'000; ++i) lines.push_back({"e" + std::to_string(i), "", std::nullopt, nowhere});
  subscribe(stage, subscription("orders", {"order.*"}));
  stage.arrive(lines);
  std::uint64_t before = 0;
  const auto played = stage.try_play([&] {
    if (before > 0 || stage.figures().accepted == 0) return;
    before = stage.figures().accepted;
    subscribe(stage, subscription("late"));
  });
  REQUIRE(played);
  REQUIRE(before < lines.size());
  CHECK(stage.figures().accepted == lines.size());
  CHECK(stage.figures().unmatched == before);
  CHECK(static_cast<std::uint64_t>(stage.journal().tally()->open()) == lines.size() - before);
}
