// Subscriptions, their queues and their circuits, whatever journal is behind the seam.

#include "unit/journal/subscribed.hpp"

#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Positions = std::vector<std::int64_t>;

const Route direct{.url = "http://a.test/hook", .host = "a.test"};

Subscription full_subscription() {
  Subscription full = plain_subscription("full");
  full.event_types = {"order.*", R"(a "quoted" one)", "*"};
  full.filter = ".data.amount > 10";
  full.transform = "{amount: .data.amount}";
  full.body = BodyMode::structured;
  full.headers = R"({"X-Team":"shop"})";
  full.secrets = {{.text = "whsec_new", .until = std::nullopt}, {.text = "old", .until = noon + 24h}};
  full.rate = Rate{.count = 7, .per = 1min};
  full.concurrency = 3;
  full.timeout = 1500ms;
  full.attempts = 9;
  full.statuses = "409=ok";
  full.deny_private = true;
  return full;
}

}  // namespace

TEST_CASE_TEMPLATE("subscription: what is put is read back as it is", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  CHECK(all_subscriptions(*journal).empty());
  const auto full = put(*journal, full_subscription());
  Subscription bare = plain_subscription("bare");
  bare.rate.reset();
  bare = put(*journal, bare);
  CHECK(full.no != bare.no);
  const auto other = subject.open();
  CHECK(all_subscriptions(*other) == std::vector{full, bare});
}

TEST_CASE_TEMPLATE("subscription: a known id takes on the definition and keeps its number and pause", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto before = put(*journal, plain_subscription("one"));
  pause(*journal, before, "it said 410");
  Subscription wanted = full_subscription();
  wanted.id = "one";
  const auto after = put(*journal, wanted);
  CHECK(after.no == before.no);
  Subscription expected = after;
  expected.paused_at = noon;
  expected.pause_reason = "it said 410";
  CHECK(all_subscriptions(*journal) == std::vector{expected});

  wanted.secrets.pop_back();
  put(*journal, wanted);
  CHECK(all_subscriptions(*journal).at(0).secrets == wanted.secrets);
}

TEST_CASE_TEMPLATE("subscription: the version goes up with every change and with nothing else", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto other = subject.open();
  std::int64_t last = other->subscriptions().value()->version();
  const auto changed = [&] {
    const std::int64_t before = std::exchange(last, other->subscriptions().value()->version());
    CHECK(last >= before);
    return last > before;
  };
  const auto one = put(*journal, plain_subscription("one"));
  CHECK(changed());
  put(*journal, plain_subscription("one"));
  CHECK_FALSE(changed());
  auto moved = one;
  moved.url = "http://s.test/moved";
  put(*journal, moved);
  CHECK(changed());
  pause(*journal, one, "why");
  CHECK(changed());
  pause(*journal, one, "another reason");
  CHECK_FALSE(changed());
  CHECK(all_subscriptions(*journal).at(0).pause_reason == "why");
  resume(*journal, one);
  CHECK(changed());
  resume(*journal, one);
  CHECK_FALSE(changed());
  append_along(*journal, "a", "e", {direct, route_of(one)});
  CHECK_FALSE(changed());
  remove(*journal, one);
  CHECK(changed());
  CHECK(remove(*journal, one) == 0);
  pause(*journal, one, "too late");
  resume(*journal, one);
  CHECK_FALSE(changed());
}

TEST_CASE_TEMPLATE("subscription: a set stays as it was read and finds each by its number and its id",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  const auto two = put(*journal, plain_subscription("two"));
  const auto before = journal->subscriptions().value();
  remove(*journal, one);
  const auto three = put(*journal, plain_subscription("three"));
  CHECK(before->all().size() == 2);
  CHECK(*before->find(one.no) == one);
  CHECK(*before->find("two") == two);
  CHECK(before->find(three.no) == nullptr);
  const auto after = journal->subscriptions().value();
  CHECK(after->version() > before->version());
  CHECK(after->find(one.no) == nullptr);
  CHECK(after->find("one") == nullptr);
  CHECK(*after->find(two.no) == two);
  CHECK(*after->find("three") == three);
}

TEST_CASE_TEMPLATE("subscription: a set and its version are of one moment while another journal changes them",
                   Subject, JOURNALS) {
  constexpr int changes = 50;
  Subject subject;
  const auto reading = subject.open();
  auto changing = subject.open();
  const auto attempts_at = [](int change) {
    auto wanted = plain_subscription("one");
    wanted.attempts = static_cast<unsigned>(change);
    return wanted;
  };
  put(*changing, attempts_at(1));
  const std::int64_t first = reading->subscriptions().value()->version();
  std::jthread changer{[&] {
    for (int change = 2; change <= changes; ++change) put(*changing, attempts_at(change));
  }};
  int disagree = 0;
  for (std::int64_t version = first; version < first + changes - 1;) {
    const auto set = reading->subscriptions().value();
    version = set->version();
    if (set->find("one")->attempts != static_cast<unsigned>(version - first + 1)) ++disagree;
  }
  CHECK(disagree == 0);
}

TEST_CASE_TEMPLATE("subscription: nothing of an abandoned turn is left", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  {
    auto transaction = journal->begin().value();
    auto moved = one;
    moved.url = "http://s.test/moved";
    (void)transaction->put_subscription(moved, noon).value();
    (void)transaction->put_subscription(plain_subscription("two"), noon).value();
    CHECK(all_subscriptions(*journal).size() == 2);
  }
  CHECK(all_subscriptions(*journal) == std::vector{one});
  const auto two = put(*journal, plain_subscription("two"));
  append_along(*journal, "a", "e", {route_of(one), route_of(two)});
  CHECK(begin(*journal, queue_of(*journal, one).at(0)).outgoing.url == one.url);
  CHECK(begin(*journal, queue_of(*journal, two).at(0)).outgoing.subscription->id == "two");
}

TEST_CASE_TEMPLATE("subscription: one that is removed takes its open deliveries with it", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  const auto other = put(*journal, plain_subscription("other"));
  for (const char* id : {"a", "b", "c", "d", "e", "f"})
    append_along(*journal, id, id, {direct, route_of(one), route_of(other)});
  const auto queue = queue_of(*journal, one);
  attempt(*journal, queue.at(0), Transition::succeed);
  attempt(*journal, queue.at(1), Transition::retry);
  attempt(*journal, queue.at(2), Transition::bury);
  begin(*journal, queue.at(3));
  begin(*journal, queue.at(4));
  CHECK(remove(*journal, one) == 3);
  const auto states = [&] {
    std::vector<DeliveryState> states;
    for (const auto& row : queue_of(*journal, one)) states.push_back(row.state);
    return states;
  };
  using S = DeliveryState;
  CHECK(states() == std::vector{S::completed, S::failed, S::failed, S::in_flight, S::in_flight, S::failed});
  CHECK(journal->state_counts().value().of(S::failed) == 3);
  CHECK(journal->state_counts().value().of(S::pending) == 12);
  CHECK(all_subscriptions(*journal) == std::vector{other});

  end(*journal, queue.at(3), Transition::succeed);
  SUBCASE("a failure comes too late to be tried again") {
    end(*journal, queue.at(4), Transition::retry);
  }
  SUBCASE("or to be a dead letter") {
    end(*journal, queue.at(4), Transition::bury);
  }
  SUBCASE("and so does an unknown end") {
    auto transaction = journal->begin().value();
    CHECK(transaction->recover(Orphans::retry, {}, noon, 10).value() == 1);
    must(transaction->commit());
  }
  CHECK(states() == std::vector{S::completed, S::failed, S::failed, S::completed, S::failed, S::failed});
  CHECK(journal->state_counts().value().open() == 12);
  CHECK_FALSE(journal->next_due(queues_of(*journal, one).at(0), DuePlace::after(noon - 1h)).value());

  const auto anew = put(*journal, plain_subscription("one"));
  CHECK(anew.no != one.no);
  append_along(*journal, "g", "g", {route_of(anew)});
  CHECK(positions(queue_of(*journal, anew)) == Positions{7});
}

TEST_CASE_TEMPLATE("subscription: each has a delivery queue and a lane of its own beside the direct one",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  Subscription at_a = plain_subscription("one");
  at_a.url = direct.url;
  at_a.host = direct.host;
  const auto one = put(*journal, at_a);
  at_a.id = "two";
  const auto two = put(*journal, at_a);
  append_along(*journal, "1", "e", {direct, route_of(one), route_of(two)});
  append_along(*journal, "2", "e", {direct, route_of(two)});
  append_along(*journal, "3", "e", {route_of(one), route_of(two)});

  const auto queues = journal->queues(QueueNo{}).value();
  REQUIRE(queues.size() == 3);
  for (const auto& queue : queues) CHECK(queue.host == "a.test");
  CHECK(queues.at(0).subscription == SubscriptionNo{});
  CHECK(queues.at(1).subscription == one.no);
  CHECK(queues.at(2).subscription == two.no);

  const auto of_one = queue_of(*journal, one);
  CHECK(positions(of_one) == Positions{1, 3});
  CHECK(of_one.at(0).subscription == one.no);
  CHECK(journal->predecessor(of_one.at(1)).value().open == SequenceNumber{1});
  CHECK(positions(journal->open_in_lane(of_one.at(1), 10).value()) == Positions{1, 3});
  attempt(*journal, of_one.at(0), Transition::bury);
  CHECK(journal->predecessor(of_one.at(1)).value().open == SequenceNumber{1});
  CHECK(positions(journal->open_in_lane(of_one.at(1), 10).value()) == Positions{1});
  CHECK(journal->head(of_one.at(1).key).value()->key == of_one.at(0).key);
  const auto of_two = queue_of(*journal, two);
  CHECK(positions(journal->open_in_lane(of_two.at(0), 10).value()) == Positions{1, 2, 3});
  CHECK(journal->predecessor(of_two.at(1)).value().open == SequenceNumber{1});
}

TEST_CASE_TEMPLATE("subscription: all open deliveries of the first event that has any are told", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  const auto two = put(*journal, plain_subscription("two"));
  append_along(*journal, "1", "e", {direct});
  append_along(*journal, "2", "f", {route_of(one), route_of(two), direct});
  append_along(*journal, "3", "g", {route_of(one)});
  attempt(*journal, delivery(*journal, 1), Transition::succeed);
  attempt(*journal, delivery(*journal, 2), Transition::succeed);
  const auto open = journal->first_open(Position{1}, Position{3}).value();
  CHECK(positions(open) == Positions{2, 2});
  for (const auto& row : open) CHECK(row.subscription != SubscriptionNo{});
}

TEST_CASE_TEMPLATE("subscription: its deliveries are sent with it as it is then", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  auto one = put(*journal, full_subscription());
  append_along(*journal, "1", "e", {direct, route_of(one)});
  append_along(*journal, "2", "f", {route_of(one)});
  CHECK(begin(*journal, delivery(*journal, 1)).outgoing.subscription == nullptr);
  const auto queue = queue_of(*journal, one);
  CHECK(*begin(*journal, queue.at(0)).outgoing.subscription == one);

  const auto other = subject.open();
  one.secrets = {{.text = "rotated", .until = std::nullopt}};
  put(*other, one);
  CHECK(*begin(*journal, queue.at(1)).outgoing.subscription == one);
}

TEST_CASE_TEMPLATE("subscription: one that is begun in the turn that made it has it too", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, full_subscription());
  auto transaction = journal->begin().value();
  const auto route = route_of(one);
  Arrival arrival;
  arrival.event_id = "1";
  arrival.routes = {&route, 1};
  const auto made = transaction->append({&arrival, 1}, {}, noon).value().deliveries;
  REQUIRE(made.size() == 1);
  CHECK(made.at(0).subscription == one.no);
  const Intent intent{.key = made.at(0).key, .state = DeliveryState::pending};
  CHECK(*transaction->begin({&intent, 1}, noon).value().at(0).outgoing.subscription == one);
  must(transaction->commit());
  CHECK(queue_of(*journal, one).at(0).subscription == one.no);
}

TEST_CASE_TEMPLATE("subscription: a route to one that is not there is refused", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  remove(*journal, one);
  auto transaction = journal->begin().value();
  const auto route = route_of(one);
  Arrival arrival;
  arrival.event_id = "1";
  arrival.routes = {&route, 1};
  CHECK_FALSE(transaction->append({&arrival, 1}, {}, noon).has_value());
}

TEST_CASE_TEMPLATE("fan-out: a route that is no subscription's is refused", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {direct});
  const std::vector<Position> events{Position{1}};
  auto transaction = journal->begin().value();
  CHECK_FALSE(transaction->fan_out(direct, events, noon).has_value());
}

TEST_CASE_TEMPLATE("fan-out: events that came before are delivered in their order", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {direct});
  append_along(*journal, "2", "e", {direct});
  append_along(*journal, "3", "e", {});
  append_along(*journal, "4", std::nullopt, {});
  const auto one = put(*journal, plain_subscription("one"));
  const auto last_wakeup = [&] { return journal->wakeups(0, 100).value(); };
  CHECK(last_wakeup().empty());
  CHECK(fan_out(*journal, one, {4, 3, 1}) == 3);
  const auto queue = queue_of(*journal, one);
  CHECK(positions(queue) == Positions{1, 3, 4});
  for (const auto& row : queue) CHECK(row.state == DeliveryState::pending);
  CHECK(queue.at(2).entity == EntityNo{});
  CHECK(journal->predecessor(queue.at(1)).value().open == SequenceNumber{1});
  CHECK(positions(journal->open_in_lane(queue.at(1), 10).value()) == Positions{1, 3});
  CHECK(journal->state_counts().value().of(DeliveryState::pending) == 5);

  const auto wakeups = last_wakeup();
  REQUIRE(wakeups.size() == 1);
  CHECK(wakeups.at(0).from_here);
  CHECK(wakeups.at(0).key == queue.at(0).key);

  CHECK(*begin(*journal, queue.at(0)).outgoing.subscription == one);
  CHECK(begin(*journal, queue.at(0)).won == false);
}

TEST_CASE_TEMPLATE("fan-out: events that the subscription has are passed over", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {direct});
  const auto one = put(*journal, plain_subscription("one"));
  const auto two = put(*journal, plain_subscription("two"));
  append_along(*journal, "2", "e", {route_of(one)});
  append_along(*journal, "3", "e", {route_of(two)});
  auto moved = one;
  SUBCASE("where it goes") {}
  SUBCASE("wherever they went") {
    moved.url = "http://t.test/";
    moved.host = "t.test";
    put(*journal, moved);
  }
  CHECK(fan_out(*journal, moved, {1, 2, 3}) == 2);
  CHECK(fan_out(*journal, moved, {1, 2, 3}) == 0);
  CHECK(journal->wakeups(0, 100).value().size() == 1);
  CHECK(fan_out(*journal, two, {1}) == 1);
  CHECK(positions(queue_of(*journal, two)) == Positions{1, 3});
}

TEST_CASE_TEMPLATE("fan-out: what has not gone waits for what comes below it", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {direct});
  append_along(*journal, "2", "e", {direct});
  const auto one = put(*journal, plain_subscription("one"));
  append_along(*journal, "3", "e", {route_of(one)});
  append_along(*journal, "4", "e", {route_of(one)});
  attempt(*journal, queue_of(*journal, one).at(0), Transition::succeed);
  CHECK(fan_out(*journal, one, {1, 2}) == 2);
  const auto queue = queue_of(*journal, one);
  REQUIRE(queue.size() == 4);
  CHECK_FALSE(journal->predecessor(queue.at(0)).value().open);
  CHECK(journal->predecessor(queue.at(1)).value().open == SequenceNumber{1});
  CHECK(journal->predecessor(queue.at(3)).value().open == SequenceNumber{2});
  for (const auto& row : queue) CHECK(journal->head(row.key).value()->key == queue.at(0).key);
  for (const auto& row : queue)
    CHECK(positions(journal->open_in_lane(row, 10).value()) == Positions{1, 2, 4});
  SUBCASE("and is not begun") {
    CHECK_FALSE(begin(*journal, queue.at(3)).won);
    CHECK_FALSE(begin(*journal, queue.at(1)).won);
    attempt(*journal, queue.at(0), Transition::succeed);
    CHECK_FALSE(begin(*journal, queue.at(3)).won);
    attempt(*journal, queue.at(1), Transition::succeed);
    CHECK(begin(*journal, queue.at(3)).won);
  }
  SUBCASE("also for a dead letter") {
    attempt(*journal, queue.at(0), Transition::bury);
    CHECK_FALSE(begin(*journal, queue.at(3)).won);
    CHECK(positions(journal->open_in_lane(queue.at(3), 10).value()) == Positions{1});
  }
  SUBCASE("also a retry") {
    append_along(*journal, "5", "f", {direct});
    append_along(*journal, "6", "f", {route_of(one)});
    const auto late = queue_of(*journal, one).at(4);
    attempt(*journal, late, Transition::retry);
    fan_out(*journal, one, {5});
    auto again = queue_of(*journal, one).at(5);
    CHECK(again.state == DeliveryState::retry_wait);
    CHECK_FALSE(begin(*journal, again).won);
    attempt(*journal, queue_of(*journal, one).at(4), Transition::succeed);
    CHECK(begin(*journal, again).won);
  }
}

TEST_CASE_TEMPLATE("fan-out: nor is what comes in the turn that begins it", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {});
  const auto one = put(*journal, plain_subscription("one"));
  fan_out(*journal, one, {1});
  auto transaction = journal->begin().value();
  const auto route = route_of(one);
  Arrival arrival;
  arrival.event_id = "2";
  arrival.entity_id = "e";
  arrival.payload = "{}";
  arrival.routes = {&route, 1};
  const auto made = transaction->append({&arrival, 1}, {}, noon).value().deliveries.at(0);
  Intent intent{made.key, made.state};
  CHECK_FALSE(transaction->begin({&intent, 1}, noon).value().at(0).won);
  intent.key = queue_of(*journal, one).at(0).key;
  CHECK(transaction->begin({&intent, 1}, noon).value().at(0).won);
}

TEST_CASE_TEMPLATE("circuits: those that are not closed are kept", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  append_along(*journal, "1", "e", {direct, route_of(one)});
  const auto d = delivery(*journal, 1).destination;
  const auto s = queue_of(*journal, one).at(0).destination;
  CHECK(journal->circuits().value().empty());
  const auto save_progress = [&](std::vector<CircuitRow> changed, std::vector<DestinationNo> closed) {
    auto transaction = journal->begin().value();
    must(transaction->save_circuits(changed, closed));
    must(transaction->commit());
  };
  save_progress({{.destination = s, .half_open = false, .since = noon},
                 {.destination = d, .half_open = true, .since = noon + 1s}},
                {});
  const auto kept = subject.open()->circuits().value();
  REQUIRE(kept.size() == 2);
  CHECK(kept.at(0).destination == d);
  CHECK(kept.at(0).half_open);
  CHECK(kept.at(0).since == noon + 1s);
  CHECK(kept.at(1).destination == s);
  CHECK_FALSE(kept.at(1).half_open);

  save_progress({{.destination = s, .half_open = true, .since = noon + 2s}}, {d});
  REQUIRE(journal->circuits().value().size() == 1);
  CHECK(journal->circuits().value().at(0).half_open);
  CHECK(journal->circuits().value().at(0).since == noon + 2s);
  remove(*journal, one);
  CHECK(journal->circuits().value().empty());
}

TEST_CASE_TEMPLATE("paces: those that are not over are kept", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  append_along(*journal, "1", "e", {direct, route_of(one)});
  const auto d = delivery(*journal, 1).destination;
  const auto s = queue_of(*journal, one).at(0).destination;
  CHECK(journal->paces().value().empty());
  const auto save_progress = [&](std::vector<PaceRow> changed, std::vector<DestinationNo> over) {
    auto transaction = journal->begin().value();
    must(transaction->save_paces(changed, over));
    must(transaction->commit());
  };
  save_progress({{.destination = s, .not_before = noon + 1h}, {.destination = d, .not_before = noon + 2h}},
                {});
  const auto kept = subject.open()->paces().value();
  REQUIRE(kept.size() == 2);
  CHECK(kept.at(0).destination == d);
  CHECK(kept.at(0).not_before == noon + 2h);
  CHECK(kept.at(1).destination == s);

  save_progress({{.destination = s, .not_before = noon + 3h}}, {d});
  REQUIRE(journal->paces().value().size() == 1);
  CHECK(journal->paces().value().at(0).not_before == noon + 3h);
  remove(*journal, one);
  CHECK(journal->paces().value().empty());
}

TEST_CASE_TEMPLATE("throttles: those that are not over are kept and a retry ends the hold", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  append_along(*journal, "1", "e", {direct, route_of(one)});
  const auto d = delivery(*journal, 1).destination;
  const auto queued = queue_of(*journal, one).at(0);
  const auto s = queued.destination;
  CHECK(journal->throttles().value().empty());
  const auto in_turn = [&](auto write) {
    auto transaction = journal->begin().value();
    must(write(*transaction));
    must(transaction->commit());
  };
  const ThrottleRow of_s{.destination = s, .hold_until = noon + 1h, .millihertz = 62, .doubles = false};
  const ThrottleRow of_d{.destination = d, .hold_until = noon + 2h, .millihertz = 1'000, .doubles = true};
  in_turn([&](Transaction& transaction) { return transaction.save_throttles(std::vector{of_s, of_d}, {}); });
  CHECK(subject.open()->throttles().value() == std::vector{of_d, of_s});

  in_turn([&](Transaction& transaction) {
    CHECK(transaction.retry_now(std::vector{queued.key}, noon).value() == 1);
    return Result<>{};
  });
  CHECK(journal->throttles().value().at(0).hold_until == noon + 2h);
  CHECK(journal->throttles().value().at(1).hold_until == noon);
  in_turn([&](Transaction& transaction) { return transaction.save_throttles({}, std::vector{d}); });
  REQUIRE(journal->throttles().value().size() == 1);
  CHECK(journal->throttles().value().at(0).destination == s);
  remove(*journal, one);
  CHECK(journal->throttles().value().empty());
}

TEST_CASE_TEMPLATE("put_subscription: what waits goes to the URL of the moment and in its order", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  Subscription wanted = put(*journal, plain_subscription("s"));
  for (const char* id : {"x1", "x2", "x3"}) append_along(*journal, id, "X", {route_of(wanted)});
  const auto before = queue_of(*journal, wanted);
  CHECK(begin(*journal, before.at(0)).outgoing.url == wanted.url);
  const auto former = journal->queue(before.at(0).key.queue).value();

  wanted.url = "http://t.test/new";
  wanted.host = "t.test";
  put(*journal, wanted);
  const auto present = journal->queue(former.no).value();
  CHECK(queues_of(*journal, wanted).size() == 1);
  CHECK(present.host == "t.test");
  CHECK(present.destination != former.destination);
  for (const auto& row : queue_of(*journal, wanted)) CHECK(row.destination == present.destination);

  append_along(*journal, "x4", "X", {route_of(wanted)});
  auto queue = queue_of(*journal, wanted);
  REQUIRE(queue.size() == 4);
  CHECK_FALSE(begin(*journal, queue.at(1)).won);
  CHECK_FALSE(begin(*journal, queue.at(3)).won);
  end(*journal, queue.at(0), Transition::retry);
  CHECK_FALSE(begin(*journal, queue.at(1)).won);
  CHECK(begin(*journal, queue_of(*journal, wanted).at(0)).outgoing.url == wanted.url);
  end(*journal, queue_of(*journal, wanted).at(0), Transition::succeed);
  for (std::size_t next = 1; next < 4; ++next) {
    const auto begun = begin(*journal, queue.at(next));
    CHECK(begun.won);
    CHECK(begun.outgoing.url == wanted.url);
    end(*journal, queue_of(*journal, wanted).at(next), Transition::succeed);
  }
}

TEST_CASE_TEMPLATE("put_subscription: who wants what waits to be tried now asks about the present URL",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  Subscription wanted = put(*journal, plain_subscription("s"));
  append_along(*journal, "x1", "X", {route_of(wanted)});
  const auto row = queue_of(*journal, wanted).at(0);
  auto transaction = journal->begin().value();
  CHECK(transaction->retry_now({&row.key, 1}, noon).value() == 1);
  must(transaction->commit());
  wanted.url = "http://t.test/new";
  wanted.host = "t.test";
  put(*journal, wanted);
  const auto wakeups = journal->wakeups(0, 10).value();
  const auto asks = std::find_if(wakeups.begin(), wakeups.end(),
                                 [](const auto& wakeup) { return wakeup.ask != DestinationNo{}; });
  REQUIRE(asks != wakeups.end());
  CHECK(asks->ask == journal->queue(row.key.queue).value().destination);
  CHECK(asks->ask != row.destination);
  CHECK(asks->asked == row.destination);
}

TEST_CASE_TEMPLATE("put_subscription: a lane is read whole whatever URL its deliveries were made for",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  Subscription wanted = put(*journal, plain_subscription("s"));
  append_along(*journal, "x1", "X", {route_of(wanted)});
  append_along(*journal, "x2", "X", {route_of(wanted)});
  begin(*journal, queue_of(*journal, wanted).at(0));
  end(*journal, queue_of(*journal, wanted).at(0), Transition::retry);
  wanted.url = "http://t.test/new";
  wanted.host = "t.test";
  put(*journal, wanted);
  append_along(*journal, "x3", "X", {route_of(wanted)});

  auto queue = queue_of(*journal, wanted);
  REQUIRE(queue.size() == 3);
  for (const std::size_t below : {0, 1})
    CHECK(journal->predecessor(queue.at(below + 1)).value().open == queue.at(below).sequence);
  for (const auto& row : queue) CHECK(journal->head(row.key).value()->key == queue.at(0).key);
  begin(*journal, queue.at(0));
  end(*journal, queue_of(*journal, wanted).at(0), Transition::succeed);
  const auto open = journal->open_in_lane(queue.at(0), 10).value();
  REQUIRE(open.size() == 2);
  CHECK(open.at(0).key == queue.at(1).key);
  CHECK(open.at(1).key == queue.at(2).key);
}

TEST_CASE_TEMPLATE("put_subscription: former events go to the present URL where a stale route is given",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  Subscription wanted = put(*journal, plain_subscription("s"));
  append_along(*journal, "x1", "X", {});
  const Subscription former = wanted;
  wanted.url = "http://t.test/new";
  wanted.host = "t.test";
  put(*journal, wanted);
  CHECK(fan_out(*journal, former, {1}) == 1);
  const auto queue = queue_of(*journal, wanted);
  REQUIRE(queue.size() == 1);
  CHECK(journal->queue(queue.at(0).key.queue).value().host == "t.test");
  CHECK(begin(*journal, queue.at(0)).outgoing.url == wanted.url);
}
