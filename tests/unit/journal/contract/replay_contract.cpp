// Deliveries made anew, whatever journal is behind the seam.

#include "support/journal/dead_letters.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>
#include <span>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

using Positions = std::vector<std::int64_t>;

const Route direct{.url = "http://a.test/hook", .host = "a.test"};

/// The deliveries of the first delivery queue that are of that generation.
std::vector<DeliveryRow> generation(Journal& journal, std::int64_t number) {
  auto rows = journal.scan(first_queue, Position{}, 1'000).value();
  std::erase_if(rows, [&](const auto& row) { return row.key.generation != number; });
  return rows;
}

std::vector<DeliveryKey> keys(const std::vector<DeliveryRow>& rows) {
  std::vector<DeliveryKey> keys;
  for (const auto& row : rows) keys.push_back(row.key);
  return keys;
}

/// Direct deliveries of one entity, all completed.
void deliver(Journal& journal, std::initializer_list<const char*> ids) {
  for (const char* id : ids) {
    const auto appended = append_along(journal, id, "e", {direct});
    attempt(journal, appended.position.value(), Transition::succeed);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("replay: makes the next generation in the order of the stream", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  deliver(*journal, {"1", "2", "3"});
  CHECK(replay(*journal, {delivery(*journal, 3).key, delivery(*journal, 1).key}) == 2);
  const auto rows = generation(*journal, 1);
  CHECK(positions(rows) == Positions{1, 3});
  CHECK(rows.at(0).state == DeliveryState::pending);
  CHECK(rows.at(0).attempts == 0);
  CHECK(rows.at(0).destination == delivery(*journal, 1).destination);
  CHECK_FALSE(journal->predecessor(rows.at(0)).value().open);
  CHECK(journal->predecessor(rows.at(1)).value().open == SequenceNumber{1});
  CHECK(positions(journal->open_in_lane(rows.at(1), 10).value()) == Positions{1, 3});
  CHECK(journal->head(rows.at(1).key).value()->key == rows.at(0).key);
  CHECK(journal->state_counts().value().of(DeliveryState::pending) == 2);
  CHECK(journal->state_counts().value().of(DeliveryState::completed) == 3);

  const auto wakeups = journal->wakeups(0, 100).value();
  REQUIRE(wakeups.size() == 1);
  CHECK(wakeups.at(0).from_here);
  CHECK(wakeups.at(0).key == rows.at(0).key);

  const auto begun = begin(*journal, rows.at(0));
  CHECK(begun.won);
  CHECK(begun.outgoing.event_id == "1");
  CHECK(begun.outgoing.generation == 1);
  CHECK(begun.outgoing.attempt == 1);
  end(*journal, rows.at(0), Transition::succeed);
  CHECK_FALSE(journal->predecessor(rows.at(1)).value().open);
}

TEST_CASE_TEMPLATE("replay: what is open and what was replayed since is passed over", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  deliver(*journal, {"1"});
  append_along(*journal, "2", "e", {direct});  // pending
  append_along(*journal, "3", "f", {direct});
  attempt(*journal, 3, Transition::retry);
  append_along(*journal, "4", "g", {direct});
  attempt(*journal, 4, Transition::bury);
  append_along(*journal, "5", "h", {direct});
  begin(*journal, delivery(*journal, 5));
  const auto everything = keys(journal->scan(first_queue, Position{}, 10).value());
  CHECK(replay(*journal, everything) == 1);
  CHECK(positions(generation(*journal, 1)) == Positions{1});

  CHECK(replay(*journal, everything) == 0);  // the replay of the first is open
  CHECK(replay(*journal, {{.queue = first_queue, .position = Position{77}}}) == 0);
  attempt(*journal, generation(*journal, 1).at(0), Transition::succeed);
  CHECK(replay(*journal, everything) == 0);  // and is the latest now
  CHECK(journal->wakeups(0, 100).value().size() == 1);
  CHECK(replay(*journal, keys(generation(*journal, 1))) == 1);
  CHECK(positions(generation(*journal, 2)) == Positions{1});
}

TEST_CASE_TEMPLATE("replay: one that was discarded is delivered again", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {direct});
  attempt(*journal, 1, Transition::bury);
  {
    auto transaction = journal->begin().value();
    (void)transaction->discard(dead_letters(*journal), noon).value();
    must(transaction->commit());
  }
  CHECK(replay(*journal, {delivery(*journal, 1).key}) == 1);
  CHECK(generation(*journal, 1).at(0).state == DeliveryState::pending);
}

TEST_CASE_TEMPLATE("replay: what failed and goes on elsewhere since does not go back", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {direct});
  append_along(*journal, "2", "f", {direct});
  const Route elsewhere{.url = "http://b.test/hook", .host = "b.test"};
  {
    auto transaction = journal->begin().value();
    const std::vector<DeliveryKey> both{delivery(*journal, 1).key, delivery(*journal, 2).key};
    REQUIRE(transaction->cancel(both, noon).value() == 2);
    REQUIRE(transaction->replay(std::span{both}.first(1), elsewhere, noon).value() == 1);
    must(transaction->commit());
  }
  CHECK(replay(*journal, {delivery(*journal, 1).key, delivery(*journal, 2).key}) == 1);
  CHECK(positions(generation(*journal, 2)) == Positions{2});
}

TEST_CASE_TEMPLATE("replay: two replays of one stream keep out of each other's way", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  deliver(*journal, {"1", "2", "3"});
  CHECK(replay(*journal, {delivery(*journal, 1).key, delivery(*journal, 3).key}) == 2);
  const auto first = generation(*journal, 1);
  attempt(*journal, first.at(0), Transition::succeed);

  // 1 was replayed before and 2 was not: 2 waits for 1 all the same.
  CHECK(replay(*journal, {first.at(0).key, delivery(*journal, 2).key}) == 2);
  const auto second = generation(*journal, 2);
  CHECK(positions(second) == Positions{1, 2});
  CHECK(journal->predecessor(second.at(1)).value().open == SequenceNumber{1});
  CHECK(positions(journal->open_in_lane(second.at(0), 10).value()) == Positions{1, 2});
  CHECK(journal->head(second.at(1).key).value()->key == second.at(0).key);
  CHECK(journal->head(first.at(0).key).value()->key == first.at(1).key);
}

TEST_CASE_TEMPLATE("replay: direct deliveries go along a direct route that is given", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  deliver(*journal, {"1", "2"});
  Route elsewhere;
  QueueNo queue;
  SUBCASE("to another host") {
    elsewhere = {"http://elsewhere.test/hook", "elsewhere.test"};
    queue = QueueNo{2};
  }
  SUBCASE("to another path of the host") {
    elsewhere = {"http://a.test/elsewhere", "a.test"};
    queue = first_queue;
  }
  CHECK(replay(*journal, {delivery(*journal, 1).key, delivery(*journal, 2).key}, elsewhere) == 2);
  std::vector<DeliveryRow> made;
  const auto rows = journal->scan(queue, Position{}, 10).value();
  for (const auto& row : rows)
    if (row.key.generation == 1) made.push_back(row);
  REQUIRE(positions(made) == Positions{1, 2});
  CHECK(positions(journal->open_in_lane(made.at(0), 10).value()) == Positions{1, 2});
  CHECK(begin(*journal, made.at(0)).outgoing.url == elsewhere.url);
  CHECK(state_of(*journal, 1) == DeliveryState::completed);
}

TEST_CASE_TEMPLATE("replay: an event is made once for a host however often it was delivered", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  deliver(*journal, {"1", "2"});
  const Route b{"http://b.test/", "b.test"};
  const Route c{"http://c.test/", "c.test"};
  const std::vector<DeliveryKey> at_a{delivery(*journal, 1).key, delivery(*journal, 2).key};
  REQUIRE(replay(*journal, at_a, b) == 2);
  CHECK(replay(*journal, at_a, Route{"http://b.test/other", "b.test"}) == 0);  // they are on their way
  std::vector<DeliveryKey> done = at_a;
  const auto at_b = journal->scan(QueueNo{2}, Position{}, 10).value();
  for (const auto& row : at_b) {
    attempt(*journal, row, Transition::succeed);
    done.push_back(row.key);
  }
  CHECK(replay(*journal, done, c) == 2);
  const auto made = journal->scan(QueueNo{3}, Position{}, 10).value();
  CHECK(positions(made) == Positions{1, 2});
  CHECK(made.at(0).key.generation == made.at(1).key.generation);
}

TEST_CASE_TEMPLATE("replay: a subscription's deliveries go to its present URL", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto before = put(*journal, plain_subscription("one"));
  for (const char* id : {"1", "2", "3"}) append_along(*journal, id, "e", {direct, route_of(before)});
  for (const auto& row : queue_of(*journal, before)) attempt(*journal, row, Transition::succeed);
  const auto done = keys(queue_of(*journal, before));
  auto after = before;
  after.url = "http://t.test/hook";
  after.host = "t.test";
  put(*journal, after);
  CHECK(replay(*journal, done, route_of(after)) == 3);

  const auto queues = queues_of(*journal, after);
  REQUIRE(queues.size() == 1);
  auto rows = journal->scan(queues.at(0), Position{}, 10).value();
  std::erase_if(rows, [](const auto& row) { return row.key.generation == 0; });
  CHECK(positions(rows) == Positions{1, 2, 3});
  for (const auto& row : rows) CHECK(row.key.generation == 1);
  CHECK(journal->predecessor(rows.at(2)).value().open == SequenceNumber{2});
  const auto begun = begin(*journal, rows.at(0));
  CHECK(begun.outgoing.url == after.url);
  CHECK(begun.outgoing.subscription->id == "one");
  CHECK(replay(*journal, done, route_of(after)) == 0);  // there is a later one
  CHECK(journal->wakeups(0, 100).value().at(0).key == rows.at(0).key);
}

TEST_CASE_TEMPLATE("replay: a subscription's deliveries go along no other route", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  const auto two = put(*journal, plain_subscription("two"));
  append_along(*journal, "1", "e", {route_of(one)});
  attempt(*journal, queue_of(*journal, one).at(0), Transition::succeed);
  const auto key = queue_of(*journal, one).at(0).key;
  auto transaction = journal->begin().value();
  CHECK_FALSE(transaction->replay({&key, 1}, std::nullopt, noon).has_value());
}

TEST_CASE_TEMPLATE("replay: one turn of several delivery queues wakes each from its lowest", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const Route b{.url = "http://b.test/", .host = "b.test"};
  append_along(*journal, "1", "e", {direct, b});
  append_along(*journal, "2", "e", {direct, b});
  std::vector<DeliveryKey> done;
  for (const std::int64_t queue : {1, 2}) {
    const auto rows = journal->scan(QueueNo{queue}, Position{}, 10).value();
    for (const auto& row : rows) {
      attempt(*journal, row, Transition::succeed);
      done.insert(done.begin(), row.key);
    }
  }
  CHECK(replay(*journal, done) == 4);
  const auto wakeups = journal->wakeups(0, 10).value();
  REQUIRE(wakeups.size() == 2);
  for (const auto& wakeup : wakeups) {
    CHECK(wakeup.key.position == Position{1});
    CHECK(wakeup.key.generation == 1);
  }
  CHECK(wakeups.at(0).key.queue != wakeups.at(1).key.queue);
}

TEST_CASE_TEMPLATE("scan: all that is at one position comes at once", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  deliver(*journal, {"1", "2"});
  CHECK(replay(*journal, {delivery(*journal, 1).key}) == 1);
  attempt(*journal, generation(*journal, 1).at(0), Transition::succeed);
  CHECK(replay(*journal, keys(generation(*journal, 1))) == 1);
  CHECK(positions(journal->scan(first_queue, Position{}, 1).value()) == Positions{1, 1, 1});
  CHECK(positions(journal->scan(first_queue, Position{}, 3).value()) == Positions{1, 1, 1});
  CHECK(positions(journal->scan(first_queue, Position{}, 4).value()) == Positions{1, 1, 1, 2});
  CHECK(positions(journal->scan(first_queue, Position{1}, 1).value()) == Positions{2});
}

TEST_CASE_TEMPLATE("skip: every lane that waits is woken and of a replay too", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto one = put(*journal, plain_subscription("one"));
  const auto route = route_of(one);
  Arrival late;
  late.event_id = "3";
  late.entity_id = "e";
  late.sequence = SequenceNumber{3};
  const std::vector<Route> routes{direct, route};
  late.routes = routes;
  {
    auto transaction = journal->begin().value();
    (void)transaction->append({&late, 1}, {}, noon).value();
    must(transaction->commit());
  }
  append_along(*journal, "4", "e", {route});
  {
    auto transaction = journal->begin().value();
    CHECK(transaction->skip_gap("e", std::nullopt, noon).value().has_value());
    must(transaction->commit());
  }
  const auto wakeups = journal->wakeups(0, 10).value();
  REQUIRE(wakeups.size() == 2);
  for (const auto& wakeup : wakeups) CHECK(wakeup.key.position == Position{1});
  CHECK(wakeups.at(0).key.queue != wakeups.at(1).key.queue);
  CHECK_FALSE(wakeups.at(0).from_here);
}
