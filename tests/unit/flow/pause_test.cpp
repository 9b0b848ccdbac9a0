// What holds for the deliveries of one subscription: its terms, and that it may be paused.

#include "unit/flow/stage.hpp"

#include <algorithm>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

void pause(const Stage& stage, SubscriptionNo no) {
  as_operator(stage, [&](journal::Journal& journal) {
    REQUIRE(journal.pause_subscription(no, "a test", stage.clock.wall()));
  });
}

void resume(const Stage& stage, SubscriptionNo no) {
  as_operator(stage, [&](journal::Journal& journal) {
    REQUIRE(journal.resume_subscription(no, stage.clock.wall()));
  });
}

/// `entities` streams of `each` events, for subscriptions alone.
std::vector<Line> streams(int entities, int each) {
  std::vector<Line> lines;
  for (int sequence = 1; sequence <= each; ++sequence)
    for (int entity = 0; entity < entities; ++entity)
      lines.push_back({fmt::format("e{}.{}", entity, sequence), fmt::format("E{}", entity), sequence, ""});
  return lines;
}

void let_all_succeed(Stage& stage) {
  for (int round = 0; round < 2000 && !stage.finished(); ++round) {
    if (stage.transport.finish_all(answered(200)) == 0) stage.clock.tick(1s);
    stage.play();
  }
  REQUIRE(stage.finished());
}

void check_order(const Stage& stage) {
  std::map<std::string, std::int64_t> last;
  for (const auto& outgoing : stage.transport.sent()) {
    auto& before = last[outgoing.url + " " + outgoing.entity_id];
    REQUIRE((outgoing.sequence->value() == before + 1 || outgoing.sequence->value() == before));
    before = outgoing.sequence->value();
  }
}

}  // namespace

TEST_CASE("nothing of a paused subscription is sent and a run does not wait for it") {
  Stage stage;
  const auto no = subscribe(stage, subscription("s"));
  pause(stage, no);
  stage.arrive(streams(300, 2));
  stage.play();
  CHECK(stage.transport.sent().empty());
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::pending) == 600);
  CHECK(stage.figures().paused == std::vector<std::string>{"s"});
  stage.crash();
  CHECK(stage.transport.sent().empty());
  CHECK(stage.finished());
}

TEST_CASE(
    "what was under way when its subscription is paused ends and what waited goes after it is resumed") {
  Stage stage;
  const auto no = subscribe(stage, subscription("s"));
  stage.arrive(streams(200, 3));
  stage.play();
  const auto before = stage.transport.under_way_ids();
  CHECK(before.size() == 50);
  pause(stage, no);
  stage.tick(1s);
  CHECK_FALSE(stage.finished());  // requests are under way
  for (std::size_t i = 0; i < before.size(); ++i) stage.answer(before[i], i % 3 == 0 ? 500 : 200);
  CHECK(stage.transport.under_way().empty());
  CHECK(stage.finished());
  CHECK(stage.transport.sent().size() == 50);
  stage.tick(1h);
  CHECK(stage.transport.sent().size() == 50);
  resume(stage, no);
  stage.tick(1s);
  CHECK(stage.transport.under_way().size() == 50);
  let_all_succeed(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 600);
  check_order(stage);
}

TEST_CASE("a pause of one subscription touches no other and no direct delivery of its host") {
  Stage stage;
  const auto no = subscribe(stage, subscription("a"));
  subscribe(stage, subscription("b"));
  pause(stage, no);
  stage.arrive({{"e", "X", 1, "http://a.test/direct"}});
  stage.play();
  std::vector<std::string> urls;
  for (const auto& outgoing : stage.transport.sent()) urls.push_back(outgoing.url);
  std::sort(urls.begin(), urls.end());
  CHECK(urls == std::vector<std::string>{"http://a.test/direct", "http://b.test/hook"});
}

TEST_CASE("pauses and resumes at any time lose nothing and keep the order") {
  Stage stage;
  auto limited = subscription("s");
  limited.rate = Rate{40, 1s};
  const auto no = subscribe(stage, limited);
  stage.arrive(streams(60, 5));
  for (int round = 0; round < 60; ++round) {
    stage.tick(300ms);
    if (round % 7 == 3) pause(stage, no);
    stage.play();
    const auto ids = stage.transport.under_way_ids();
    for (std::size_t i = 0; i < ids.size() / 2 + 1 && i < ids.size(); ++i)
      stage.answer(ids[i], (round + i) % 5 == 0 ? 500 : 200);
    if (round % 7 == 5) resume(stage, no);
    if (round % 20 == 19) stage.crash();
  }
  resume(stage, no);
  stage.tick(1s);
  let_all_succeed(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 300);
  check_order(stage);
}

TEST_CASE("410 pauses the subscription in the turn that takes it in and costs the delivery one attempt") {
  Stage stage;
  const auto no = subscribe(stage, subscription("s"));
  stage.arrive(streams(100, 1));
  stage.play();
  const auto ids = stage.transport.under_way_ids();
  stage.answer(ids[0], 410);
  CHECK(stage.figures().paused == std::vector<std::string>{"s"});
  CHECK(stage.figures().tally.of(DeliveryState::retry_wait) == 1);
  const auto subscriptions = stage.other_journal()->subscriptions().value();
  REQUIRE(subscriptions.size() == 1);
  CHECK(subscriptions[0].paused_at == stage.clock.wall());
  CHECK(subscriptions[0].pause_reason == "the receiver answered 410 Gone");
  stage.transport.finish_all(answered(200));
  stage.play();
  CHECK(stage.transport.sent().size() == 50);
  CHECK(stage.finished());
  resume(stage, no);
  stage.tick(1s);
  let_all_succeed(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 100);
  CHECK(stage.figures().paused.empty());
}

TEST_CASE(
    "410 is a failure like others for direct deliveries and where the subscription or the run says so") {
  flow::RunOptions options;
  SUBCASE("direct") {
    Stage stage;
    stage.arrive({{"e", "X", 1}});
    stage.play();
    stage.answer("e", 410);
    CHECK(stage.figures().tally.of(DeliveryState::retry_wait) == 1);
    CHECK(stage.figures().paused.empty());
  }
  SUBCASE("the subscription") {
    Stage stage;
    auto other = subscription("s");
    other.statuses = "410=dead";
    subscribe(stage, other);
    stage.arrive({{"e", "X", 1, ""}});
    stage.play();
    stage.answer("e", 410);
    CHECK(stage.figures().tally.of(DeliveryState::dead_letter) == 1);
    CHECK(stage.figures().paused.empty());
  }
  SUBCASE("a proxy may have answered") {
    options.through_proxy = true;
    Stage stage{options};
    subscribe(stage, subscription("s"));
    stage.arrive({{"e", "X", 1, ""}});
    stage.play();
    stage.answer("e", 410);
    CHECK(stage.figures().tally.of(DeliveryState::retry_wait) == 1);
    CHECK(stage.figures().paused.empty());
  }
  SUBCASE("a proxy cannot have answered") {
    options.through_proxy = true;
    Stage stage{options};
    auto other = subscription("s");
    other.url = "https://s.test/hook";
    subscribe(stage, other);
    stage.arrive({{"e", "X", 1, ""}});
    stage.play();
    stage.answer("e", 410);
    CHECK(stage.figures().paused == std::vector<std::string>{"s"});
  }
  SUBCASE("the run") {
    options.statuses = {{410, policy::Meaning::success}};
    Stage stage{options};
    subscribe(stage, subscription("s"));
    stage.arrive({{"e", "X", 1, ""}});
    stage.play();
    stage.answer("e", 410);
    CHECK(stage.figures().tally.of(DeliveryState::completed) == 1);
  }
}

TEST_CASE("a run ends where a pause meets what would have waited for a rate") {
  Stage stage;
  auto wanted = subscription("s");
  wanted.rate = Rate{1, 1h};
  subscribe(stage, wanted);
  stage.arrive({{"x1", "X", 1, ""}, {"x2", "X", 2, ""}, {"x3", "X", 3, ""}, {"y1", "Y", 1, ""}});
  stage.play();
  stage.answer("x1", 200);
  for (int hour = 0; hour < 3 && stage.transport.under_way().size() < 2; ++hour) stage.tick(61min);
  REQUIRE(stage.transport.under_way_ids().size() == 2);
  // In one turn: x3 is the next of its lane, and its subscription is paused.
  for (const auto& id : stage.transport.under_way_ids())
    REQUIRE(stage.transport.finish(id, answered(id == "y1" ? 410 : 200)));
  stage.play();
  CHECK(stage.figures().paused == std::vector<std::string>{"s"});
  CHECK(stage.figures().rate_limited == 0);
  CHECK(stage.finished());
}

TEST_CASE("what is given up with its subscription is counted and not what its filter excludes") {
  Stage stage;
  const auto no = subscribe(stage, subscription("s"));
  stage.arrive({{"excluded", "X", 1, ""}});
  stage.play();
  Outcome excluded;
  excluded.kind = OutcomeKind::not_meant;
  stage.end("excluded", excluded);
  CHECK(stage.figures().not_meant == 1);
  CHECK(stage.figures().tally.of(DeliveryState::failed) == 1);
  CHECK(stage.figures().given_up == 0);
  stage.arrive(streams(100, 1));
  stage.play();
  CHECK(stage.figures().given_up == 0);
  as_operator(stage, [&](journal::Journal& journal) {
    REQUIRE(journal.remove_subscription(no, stage.clock.wall()));
  });
  stage.tick(100ms);
  stage.transport.finish_all(answered(200));
  stage.play();
  CHECK(stage.finished());
  CHECK(stage.figures().given_up ==
        static_cast<std::uint64_t>(stage.figures().tally.of(DeliveryState::failed)) - 1);
  CHECK(stage.figures().given_up >= 50);
  stage.crash();
  CHECK(stage.figures().given_up == 0);  // not by this run
}

TEST_CASE("a subscription has its own attempts and its own meaning of statuses") {
  Stage stage;
  auto stern = subscription("s");
  stern.attempts = 2;
  stern.statuses = "409=ok";
  subscribe(stage, stern);
  stage.arrive({{"a", "A", 1, ""}, {"b", "B", 1, ""}});
  stage.play();
  stage.answer("a", 409);
  stage.answer("b", 500);
  stage.tick(1s);
  stage.answer("b", 500);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 1);
  CHECK(stage.figures().tally.of(DeliveryState::dead_letter) == 1);
}

TEST_CASE("a subscription's rate and concurrency hold for it alone and change while the run goes on") {
  Stage stage;
  auto slow = subscription("slow");
  slow.rate = Rate{10, 1s};
  slow.concurrency = 4;
  subscribe(stage, slow);
  subscribe(stage, subscription("quick"));
  const auto under_way = [&](const std::string& host) {
    std::size_t count = 0;
    for (const auto& outgoing : stage.transport.under_way()) count += host_of(outgoing.url) == host ? 1 : 0;
    return count;
  };
  const auto sent = [&](const std::string& host) {
    std::size_t count = 0;
    for (const auto& outgoing : stage.transport.sent()) count += host_of(outgoing.url) == host ? 1 : 0;
    return count;
  };
  stage.arrive(streams(400, 1));
  stage.play();
  CHECK(under_way("slow.test") == 1);
  CHECK(under_way("quick.test") == 50);
  for (int tenth = 0; tenth < 8; ++tenth) stage.tick(100ms);
  CHECK(under_way("slow.test") == 4);
  for (int round = 0; round < 20; ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(sent("slow.test") == 5);
  CHECK(sent("quick.test") == 400);

  slow.rate = Rate{30, 1s};
  slow.concurrency.reset();
  subscribe(stage, slow);
  stage.tick(100ms);
  CHECK(sent("slow.test") == 6);
  stage.tick(34ms);
  CHECK(sent("slow.test") == 7);
  slow.rate.reset();
  subscribe(stage, slow);
  stage.tick(100ms);
  CHECK(under_way("slow.test") == 50);
  let_all_succeed(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 800);
}

TEST_CASE("a limit that a subscription gets while its lanes are full holds for what they still have") {
  Stage stage;
  auto wanted = subscription("s");
  subscribe(stage, wanted);
  stage.arrive(streams(20, 40));
  stage.play();
  REQUIRE(stage.transport.under_way().size() == 20);
  SUBCASE("of requests at a time") {
    wanted.concurrency = 3;
    subscribe(stage, wanted);
    stage.tick(100ms);
    stage.transport.finish_all(answered(200));
    for (int round = 0; round < 10; ++round) {
      stage.play();
      CHECK(stage.transport.under_way().size() == 3);
      stage.transport.finish_all(answered(200));
    }
  }
  SUBCASE("of requests in a time") {
    wanted.rate = Rate{5, 1h};
    subscribe(stage, wanted);
    stage.tick(100ms);
    for (int round = 0; round < 10; ++round) {
      stage.transport.finish_all(answered(200));
      stage.play();
    }
    CHECK(stage.transport.sent().size() == 21);
  }
  wanted.rate.reset();
  wanted.concurrency.reset();
  subscribe(stage, wanted);
  stage.tick(100ms);
  let_all_succeed(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 800);
  check_order(stage);
}

TEST_CASE("what is ahead is given up while a host has a subscription with a rate") {
  flow::RunOptions options;
  options.per_host = 5;
  options.ahead = 5;
  Stage stage{options};
  std::vector<Line> lines;
  for (int i = 0; i < 200; ++i)
    lines.push_back({fmt::format("d{}", i), fmt::format("D{}", i), 1, "http://s.test/direct"});
  stage.arrive(lines);
  stage.play();
  stage.answer("d0", 200);
  CHECK(stage.figures().tally.of(DeliveryState::in_flight) == 10);
  auto rated = subscription("s");
  rated.rate = Rate{100, 1s};
  const auto no = subscribe(stage, rated);
  stage.arrive({{"r", "R", 1, ""}});
  const auto started = [&] {
    const auto ids = stage.transport.under_way_ids();
    return std::find(ids.begin(), ids.end(), "r") != ids.end();
  };
  stage.play();
  for (int round = 0; round < 20 && !started(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  REQUIRE(started());
  CHECK(stage.figures().tally.of(DeliveryState::in_flight) == 5);  // nothing waits at the transport
  stage.transport.finish_all(answered(200));
  stage.play();
  CHECK(stage.figures().tally.of(DeliveryState::in_flight) == 5);

  SUBCASE("until its rate is taken away") {
    rated.rate.reset();
    subscribe(stage, rated);
  }
  SUBCASE("until it is removed") {
    as_operator(stage, [&](journal::Journal& journal) {
      REQUIRE(journal.remove_subscription(no, stage.clock.wall()));
    });
  }
  SUBCASE("until it goes to another host") {
    rated.host = "other.test";
    rated.url = "http://other.test/hook";
    subscribe(stage, rated);
  }
  stage.tick(100ms);
  stage.transport.finish_all(answered(200));
  stage.play();
  CHECK(stage.figures().tally.of(DeliveryState::in_flight) == 10);
  let_all_succeed(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 201);
}

TEST_CASE("a resumed subscription asks at once whether its destination is up again") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  Stage stage{options};
  const auto no = subscribe(stage, subscription("s"));
  stage.arrive(streams(100, 1));
  stage.play();
  stage.transport.finish_all(answered(500));
  stage.play();
  CHECK(stage.figures().circuits_open == 1);
  pause(stage, no);
  stage.tick(1s);
  CHECK(stage.finished());
  resume(stage, no);
  stage.tick(1s);
  CHECK(stage.transport.under_way().size() == 3);
  let_all_succeed(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 100);
}

TEST_CASE("a subscription that is removed while its deliveries wait holds nothing up") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  Stage stage{options};
  const auto no = subscribe(stage, subscription("s"));
  stage.arrive(streams(100, 2));
  stage.play();
  stage.transport.finish_all(answered(500));
  stage.play();
  REQUIRE_FALSE(stage.finished());
  as_operator(stage, [&](journal::Journal& journal) {
    REQUIRE(journal.remove_subscription(no, stage.clock.wall()));
  });
  stage.tick(1s);
  CHECK(stage.finished());
  CHECK(stage.figures().tally.open() == 0);
}

TEST_CASE("the open circuit of a subscription that is removed is forgotten whatever its probes come to") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  Stage stage{options};
  const auto no = subscribe(stage, subscription("s"));
  stage.arrive(streams(100, 1));
  stage.play();
  stage.transport.finish_all(answered(500));
  stage.play();
  stage.tick(30s);
  REQUIRE(stage.transport.under_way().size() == 3);
  REQUIRE(stage.figures().circuits_open == 1);
  stage.answer(stage.transport.under_way_ids().front(), 200);
  as_operator(stage, [&](journal::Journal& journal) {
    REQUIRE(journal.remove_subscription(no, stage.clock.wall()));
  });
  stage.tick(1s);
  CHECK(stage.figures().circuits_open == 0);
  stage.transport.finish_all(answered(500));
  stage.play();
  CHECK(stage.finished());
  CHECK(stage.figures().circuits_open == 0);
  CHECK(stage.other_journal()->circuits()->empty());
}

TEST_CASE("events that a subscription is given afterwards go to it also where its lanes have gone on") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"e3", "X", 3}});
  stage.play();
  for (const char* id : {"e1", "e2", "e3"}) stage.answer(id, 200);
  const auto wanted = subscription("s");
  const auto no = subscribe(stage, wanted);
  stage.arrive({{"e4", "X", 4, ""}, {"e5", "X", 5, ""}});
  stage.play();
  stage.answer("e4", 200);  // e5 is under way
  as_operator(stage, [&](journal::Journal& journal) {
    const std::vector<Position> early{Position{1}, Position{2}, Position{3}};
    REQUIRE(journal.fan_out({wanted.url, wanted.host, no}, early, stage.clock.wall()).value() == 3);
  });
  stage.tick(100ms);
  let_all_succeed(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 8);
}
