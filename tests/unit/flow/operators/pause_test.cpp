// What holds for the deliveries of one subscription: its policy, and that it may be paused.

#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

void pause(const DispatcherFixture& fixture, SubscriptionNo no) {
  as_operator(fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.pause_subscription(no, "a test", fixture.clock.wall()));
  });
}

void resume(const DispatcherFixture& fixture, SubscriptionNo no) {
  as_operator(fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.resume_subscription(no, fixture.clock.wall()));
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

void let_all_succeed(DispatcherFixture& fixture) {
  for (int round = 0; round < 2000 && !fixture.finished(); ++round) {
    if (fixture.transport.finish_all(answered(200)) == 0) fixture.clock.tick(1s);
    fixture.play();
  }
  REQUIRE(fixture.finished());
}

void check_order(const DispatcherFixture& fixture) {
  std::map<std::string, std::int64_t> last;
  for (const auto& outgoing : fixture.transport.sent()) {
    auto& before = last[outgoing.url + " " + outgoing.entity_id.value_or("")];
    REQUIRE((outgoing.sequence->value() == before + 1 || outgoing.sequence->value() == before));
    before = outgoing.sequence->value();
  }
}

}  // namespace

TEST_CASE("nothing of a paused subscription is sent and a run does not wait for it") {
  DispatcherFixture fixture;
  const auto no = subscribe(fixture, subscription("s"));
  pause(fixture, no);
  fixture.arrive(streams(300, 2));
  fixture.play();
  CHECK(fixture.transport.sent().empty());
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::pending) == 600);
  CHECK(fixture.stats().paused == std::vector<std::string>{"s"});
  fixture.crash();
  CHECK(fixture.transport.sent().empty());
  CHECK(fixture.finished());
}

TEST_CASE(
    "what was under way when its subscription is paused ends and what waited goes after it is resumed") {
  DispatcherFixture fixture;
  const auto no = subscribe(fixture, subscription("s"));
  fixture.arrive(streams(200, 3));
  fixture.play();
  const auto before = fixture.transport.under_way_ids();
  CHECK(before.size() == 50);
  pause(fixture, no);
  fixture.tick(1s);
  CHECK_FALSE(fixture.finished());  // requests are under way
  for (std::size_t i = 0; i < before.size(); ++i) fixture.answer(before[i], i % 3 == 0 ? 500 : 200);
  CHECK(fixture.transport.under_way().empty());
  CHECK(fixture.finished());
  CHECK(fixture.transport.sent().size() == 50);
  fixture.tick(1h);
  CHECK(fixture.transport.sent().size() == 50);
  resume(fixture, no);
  fixture.tick(1s);
  CHECK(fixture.transport.under_way().size() == 50);
  let_all_succeed(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 600);
  check_order(fixture);
}

TEST_CASE("a pause of one subscription touches no other and no direct delivery of its host") {
  DispatcherFixture fixture;
  const auto no = subscribe(fixture, subscription("a"));
  subscribe(fixture, subscription("b"));
  pause(fixture, no);
  fixture.arrive({{"e", "X", 1, "http://a.test/direct"}});
  fixture.play();
  std::vector<std::string> urls;
  for (const auto& outgoing : fixture.transport.sent()) urls.push_back(outgoing.url);
  std::sort(urls.begin(), urls.end());
  CHECK(urls == std::vector<std::string>{"http://a.test/direct", "http://b.test/hook"});
}

TEST_CASE("pauses and resumes at any time lose nothing and keep the order") {
  DispatcherFixture fixture;
  auto limited = subscription("s");
  limited.rate = Rate{40, 1s};
  const auto no = subscribe(fixture, limited);
  fixture.arrive(streams(60, 5));
  for (int round = 0; round < 60; ++round) {
    fixture.tick(300ms);
    if (round % 7 == 3) pause(fixture, no);
    fixture.play();
    const auto ids = fixture.transport.under_way_ids();
    for (std::size_t i = 0; i < ids.size() / 2 + 1 && i < ids.size(); ++i)
      fixture.answer(ids[i], (round + i) % 5 == 0 ? 500 : 200);
    if (round % 7 == 5) resume(fixture, no);
    if (round % 20 == 19) fixture.crash();
  }
  resume(fixture, no);
  fixture.tick(1s);
  let_all_succeed(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 300);
  check_order(fixture);
}

TEST_CASE("410 pauses the subscription in the turn that takes it in and costs the delivery one attempt") {
  DispatcherFixture fixture;
  const auto no = subscribe(fixture, subscription("s"));
  fixture.arrive(streams(100, 1));
  fixture.play();
  const auto ids = fixture.transport.under_way_ids();
  fixture.answer(ids[0], 410);
  CHECK(fixture.stats().paused == std::vector<std::string>{"s"});
  CHECK(fixture.stats().state_counts.of(DeliveryState::retry_wait) == 1);
  const auto subscriptions = fixture.other_journal()->subscriptions().value();
  REQUIRE(subscriptions->all().size() == 1);
  CHECK(subscriptions->all()[0]->paused_at == fixture.clock.wall());
  CHECK(subscriptions->all()[0]->pause_reason == "the receiver answered 410 Gone");
  fixture.transport.finish_all(answered(200));
  fixture.play();
  CHECK(fixture.transport.sent().size() == 50);
  CHECK(fixture.finished());
  resume(fixture, no);
  fixture.tick(1s);
  let_all_succeed(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 100);
  CHECK(fixture.stats().paused.empty());
}

TEST_CASE(
    "410 is a failure like others for direct deliveries and where the subscription or the run says so") {
  flow::RunOptions options;
  SUBCASE("direct") {
    DispatcherFixture fixture;
    fixture.arrive({{"e", "X", 1}});
    fixture.play();
    fixture.answer("e", 410);
    CHECK(fixture.stats().state_counts.of(DeliveryState::retry_wait) == 1);
    CHECK(fixture.stats().paused.empty());
  }
  SUBCASE("the subscription") {
    DispatcherFixture fixture;
    auto other = subscription("s");
    other.statuses = "410=dead";
    subscribe(fixture, other);
    fixture.arrive({{"e", "X", 1, ""}});
    fixture.play();
    fixture.answer("e", 410);
    CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 1);
    CHECK(fixture.stats().paused.empty());
  }
  SUBCASE("a proxy may have answered") {
    options.through_proxy = true;
    DispatcherFixture fixture{options};
    subscribe(fixture, subscription("s"));
    fixture.arrive({{"e", "X", 1, ""}});
    fixture.play();
    fixture.answer("e", 410);
    CHECK(fixture.stats().state_counts.of(DeliveryState::retry_wait) == 1);
    CHECK(fixture.stats().paused.empty());
  }
  SUBCASE("a proxy cannot have answered") {
    options.through_proxy = true;
    DispatcherFixture fixture{options};
    auto other = subscription("s");
    other.url = "https://s.test/hook";
    subscribe(fixture, other);
    fixture.arrive({{"e", "X", 1, ""}});
    fixture.play();
    fixture.answer("e", 410);
    CHECK(fixture.stats().paused == std::vector<std::string>{"s"});
  }
  SUBCASE("the run") {
    options.statuses = {{410, policy::Meaning::success}};
    DispatcherFixture fixture{options};
    subscribe(fixture, subscription("s"));
    fixture.arrive({{"e", "X", 1, ""}});
    fixture.play();
    fixture.answer("e", 410);
    CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 1);
  }
}

TEST_CASE("a run ends where a pause meets what would have waited for a rate") {
  DispatcherFixture fixture;
  auto wanted = subscription("s");
  wanted.rate = Rate{1, 1h};
  subscribe(fixture, wanted);
  fixture.arrive({{"x1", "X", 1, ""}, {"x2", "X", 2, ""}, {"x3", "X", 3, ""}, {"y1", "Y", 1, ""}});
  fixture.play();
  fixture.answer("x1", 200);
  for (int hour = 0; hour < 3 && fixture.transport.under_way().size() < 2; ++hour) fixture.tick(61min);
  REQUIRE(fixture.transport.under_way_ids().size() == 2);
  // In one turn: x3 is the next of its lane, and its subscription is paused.
  for (const auto& id : fixture.transport.under_way_ids())
    REQUIRE(fixture.transport.finish(id, answered(id == "y1" ? 410 : 200)));
  fixture.play();
  CHECK(fixture.stats().paused == std::vector<std::string>{"s"});
  CHECK(fixture.stats().rate_limited == 0);
  CHECK(fixture.finished());
}

TEST_CASE("what is given up with its subscription is counted and not what its filter excludes") {
  DispatcherFixture fixture;
  const auto no = subscribe(fixture, subscription("s"));
  fixture.arrive({{"excluded", "X", 1, ""}});
  fixture.play();
  Outcome excluded;
  excluded.kind = OutcomeKind::not_meant;
  fixture.end("excluded", excluded);
  CHECK(fixture.stats().not_meant == 1);
  CHECK(fixture.stats().state_counts.of(DeliveryState::failed) == 1);
  CHECK(fixture.stats().given_up == 0);
  fixture.arrive(streams(100, 1));
  fixture.play();
  CHECK(fixture.stats().given_up == 0);
  as_operator(fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.remove_subscription(no, fixture.clock.wall()));
  });
  fixture.tick(100ms);
  fixture.transport.finish_all(answered(200));
  fixture.play();
  CHECK(fixture.finished());
  CHECK(fixture.stats().given_up ==
        static_cast<std::uint64_t>(fixture.stats().state_counts.of(DeliveryState::failed)) - 1);
  CHECK(fixture.stats().given_up >= 50);
  fixture.crash();
  CHECK(fixture.stats().given_up == 0);  // not by this run
}

TEST_CASE("a subscription has its own attempts and its own meaning of statuses") {
  DispatcherFixture fixture;
  auto stern = subscription("s");
  stern.attempts = 2;
  stern.statuses = "409=ok";
  subscribe(fixture, stern);
  fixture.arrive({{"a", "A", 1, ""}, {"b", "B", 1, ""}});
  fixture.play();
  fixture.answer("a", 409);
  fixture.answer("b", 500);
  fixture.tick(1s);
  fixture.answer("b", 500);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 1);
  CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 1);
}

TEST_CASE("a subscription's rate and concurrency hold for it alone and change while the run goes on") {
  DispatcherFixture fixture;
  auto slow = subscription("slow");
  slow.rate = Rate{10, 1s};
  slow.concurrency = 4;
  subscribe(fixture, slow);
  subscribe(fixture, subscription("quick"));
  const auto under_way = [&](const std::string& host) {
    std::size_t count = 0;
    for (const auto& outgoing : fixture.transport.under_way()) count += host_of(outgoing.url) == host ? 1 : 0;
    return count;
  };
  const auto sent = [&](const std::string& host) {
    std::size_t count = 0;
    for (const auto& outgoing : fixture.transport.sent()) count += host_of(outgoing.url) == host ? 1 : 0;
    return count;
  };
  fixture.arrive(streams(400, 1));
  fixture.play();
  CHECK(under_way("slow.test") == 1);
  CHECK(under_way("quick.test") == 50);
  for (int tenth = 0; tenth < 8; ++tenth) fixture.tick(100ms);
  CHECK(under_way("slow.test") == 4);
  for (int round = 0; round < 20; ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(sent("slow.test") == 5);
  CHECK(sent("quick.test") == 400);

  slow.rate = Rate{30, 1s};
  slow.concurrency.reset();
  subscribe(fixture, slow);
  fixture.tick(100ms);
  CHECK(sent("slow.test") == 6);
  fixture.tick(34ms);
  CHECK(sent("slow.test") == 7);
  slow.rate.reset();
  subscribe(fixture, slow);
  fixture.tick(100ms);
  CHECK(under_way("slow.test") == 50);
  let_all_succeed(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 800);
}

TEST_CASE("a limit that a subscription gets while its lanes are full holds for what they still have") {
  DispatcherFixture fixture;
  auto wanted = subscription("s");
  subscribe(fixture, wanted);
  fixture.arrive(streams(20, 40));
  fixture.play();
  REQUIRE(fixture.transport.under_way().size() == 20);
  SUBCASE("of requests at a time") {
    wanted.concurrency = 3;
    subscribe(fixture, wanted);
    fixture.tick(100ms);
    fixture.transport.finish_all(answered(200));
    for (int round = 0; round < 10; ++round) {
      fixture.play();
      CHECK(fixture.transport.under_way().size() == 3);
      fixture.transport.finish_all(answered(200));
    }
  }
  SUBCASE("of requests in a time") {
    wanted.rate = Rate{5, 1h};
    subscribe(fixture, wanted);
    fixture.tick(100ms);
    for (int round = 0; round < 10; ++round) {
      fixture.transport.finish_all(answered(200));
      fixture.play();
    }
    CHECK(fixture.transport.sent().size() == 21);
  }
  wanted.rate.reset();
  wanted.concurrency.reset();
  subscribe(fixture, wanted);
  fixture.tick(100ms);
  let_all_succeed(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 800);
  check_order(fixture);
}

TEST_CASE("what is ahead is given up while a host has a subscription with a rate") {
  flow::RunOptions options;
  options.requests.per_host = 5;
  options.ahead = 5;
  DispatcherFixture fixture{options};
  std::vector<Line> lines;
  for (int i = 0; i < 200; ++i)
    lines.push_back({fmt::format("d{}", i), fmt::format("D{}", i), 1, "http://s.test/direct"});
  fixture.arrive(lines);
  fixture.play();
  fixture.answer("d0", 200);
  CHECK(fixture.stats().state_counts.of(DeliveryState::in_flight) == 10);
  auto rated = subscription("s");
  rated.rate = Rate{100, 1s};
  const auto no = subscribe(fixture, rated);
  fixture.arrive({{"r", "R", 1, ""}});
  const auto started = [&] {
    const auto ids = fixture.transport.under_way_ids();
    return std::find(ids.begin(), ids.end(), "r") != ids.end();
  };
  fixture.play();
  for (int round = 0; round < 20 && !started(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  REQUIRE(started());
  CHECK(fixture.stats().state_counts.of(DeliveryState::in_flight) == 5);  // nothing waits at the transport
  fixture.transport.finish_all(answered(200));
  fixture.play();
  CHECK(fixture.stats().state_counts.of(DeliveryState::in_flight) == 5);

  SUBCASE("until its rate is taken away") {
    rated.rate.reset();
    subscribe(fixture, rated);
  }
  SUBCASE("until it is removed") {
    as_operator(fixture, [&](journal::Transaction& transaction) {
      REQUIRE(transaction.remove_subscription(no, fixture.clock.wall()));
    });
  }
  SUBCASE("until it goes to another host") {
    rated.host = "other.test";
    rated.url = "http://other.test/hook";
    subscribe(fixture, rated);
  }
  fixture.tick(100ms);
  fixture.transport.finish_all(answered(200));
  fixture.play();
  CHECK(fixture.stats().state_counts.of(DeliveryState::in_flight) == 10);
  let_all_succeed(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 201);
}

TEST_CASE("a resumed subscription asks at once whether its destination is up again") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  DispatcherFixture fixture{options};
  const auto no = subscribe(fixture, subscription("s"));
  fixture.arrive(streams(100, 1));
  fixture.play();
  fixture.transport.finish_all(answered(500));
  fixture.play();
  CHECK(fixture.stats().circuits_open == 1);
  pause(fixture, no);
  fixture.tick(1s);
  CHECK(fixture.finished());
  resume(fixture, no);
  fixture.tick(1s);
  CHECK(fixture.transport.under_way().size() == 3);
  let_all_succeed(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 100);
}

TEST_CASE("a subscription that is removed while its deliveries wait holds nothing up") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  DispatcherFixture fixture{options};
  const auto no = subscribe(fixture, subscription("s"));
  fixture.arrive(streams(100, 2));
  fixture.play();
  fixture.transport.finish_all(answered(500));
  fixture.play();
  REQUIRE_FALSE(fixture.finished());
  as_operator(fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.remove_subscription(no, fixture.clock.wall()));
  });
  fixture.tick(1s);
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.open() == 0);
}

TEST_CASE("the open circuit of a subscription that is removed is forgotten whatever its probes come to") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  DispatcherFixture fixture{options};
  const auto no = subscribe(fixture, subscription("s"));
  fixture.arrive(streams(100, 1));
  fixture.play();
  fixture.transport.finish_all(answered(500));
  fixture.play();
  fixture.tick(30s);
  REQUIRE(fixture.transport.under_way().size() == 3);
  REQUIRE(fixture.stats().circuits_open == 1);
  fixture.answer(fixture.transport.under_way_ids().front(), 200);
  as_operator(fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.remove_subscription(no, fixture.clock.wall()));
  });
  fixture.tick(1s);
  CHECK(fixture.stats().circuits_open == 0);
  fixture.transport.finish_all(answered(500));
  fixture.play();
  CHECK(fixture.finished());
  CHECK(fixture.stats().circuits_open == 0);
  CHECK(fixture.other_journal()->circuits()->empty());
}

TEST_CASE("events that a subscription is given afterwards go to it also where its lanes have gone on") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"e3", "X", 3}});
  fixture.play();
  for (const char* id : {"e1", "e2", "e3"}) fixture.answer(id, 200);
  const auto wanted = subscription("s");
  const auto no = subscribe(fixture, wanted);
  fixture.arrive({{"e4", "X", 4, ""}, {"e5", "X", 5, ""}});
  fixture.play();
  fixture.answer("e4", 200);  // e5 is under way
  as_operator(fixture, [&](journal::Transaction& transaction) {
    const std::vector<Position> early{Position{1}, Position{2}, Position{3}};
    REQUIRE(transaction.fan_out({wanted.url, wanted.host, no}, early, fixture.clock.wall()).value() == 3);
  });
  fixture.tick(100ms);
  let_all_succeed(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 8);
}
