// What operators may do, whatever journal is behind the seam.

#include "support/journal/dead_letters.hpp"
#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

std::int64_t release(Journal& journal, const DeliveryFilter& which) {
  auto transaction = journal.begin().value();
  const auto released = transaction->release(dead_letters(journal, which), noon).value();
  must(transaction->commit());
  return released;
}

std::int64_t discard(Journal& journal, const DeliveryFilter& which) {
  auto transaction = journal.begin().value();
  const auto discarded = transaction->discard(dead_letters(journal, which), noon).value();
  must(transaction->commit());
  return discarded;
}

auto skip(Journal& journal, std::string_view entity, std::optional<SequenceNumber> only = std::nullopt) {
  auto transaction = journal.begin().value();
  const auto skipped = transaction->skip_gap(entity, only, noon).value();
  must(transaction->commit());
  return skipped;
}

/// Two entities with a dead letter each, and something pending behind.
void bury_two(Journal& journal) {
  append_all(journal,
             {{.id = "x1", .entity = "x"}, {.id = "y1", .entity = "y"}, {.id = "x2", .entity = "x"}});
  attempt(journal, 1, Transition::bury);
  attempt(journal, 2, Transition::bury);
}

}  // namespace

TEST_CASE_TEMPLATE("release: a dead letter is pending again with its attempts forgiven and its lane woken",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  DeliveryFilter which;
  std::vector<std::int64_t> affected;
  SUBCASE("by entity") {
    which.entities = {"x"};
    affected = {1};
  }
  SUBCASE("by event") {
    which.events = {"y1"};
    affected = {2};
  }
  SUBCASE("all") {
    affected = {1, 2};
  }
  CHECK(release(*journal, which) == static_cast<std::int64_t>(affected.size()));
  CHECK(woken(*journal) == affected);
  for (const std::int64_t position : affected) {
    const auto row = delivery(*journal, position);
    CHECK(row.state == DeliveryState::pending);
    CHECK(row.attempts == 1);
    CHECK(row.forgiven == 1);
  }
  const auto state_counts = journal->state_counts().value();
  CHECK(state_counts.of(DeliveryState::dead_letter) == 2 - static_cast<std::int64_t>(affected.size()));
  CHECK(state_counts.of(DeliveryState::pending) == 1 + static_cast<std::int64_t>(affected.size()));
}

TEST_CASE_TEMPLATE("release: what is not a dead letter is left alone", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  CHECK(release(*journal, {.entities = {"nobody"}}) == 0);
  CHECK(release(*journal, {.events = {"x2"}}) == 0);
  CHECK(release(*journal, {.events = {"x1"}, .entities = {"y"}}) == 0);
  CHECK(woken(*journal).empty());
}

TEST_CASE_TEMPLATE("release: the destination is asked about at once", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  const DestinationNo destination = delivery(*journal, 1).destination;
  const CircuitRow open[] = {{.destination = destination, .half_open = false, .since = noon}};
  const ThrottleRow held[] = {{.destination = destination,
                               .hold_until = noon + std::chrono::hours{1},
                               .millihertz = 0,
                               .doubles = false}};
  auto transaction = journal->begin().value();
  must(transaction->save_circuits(open, {}));
  must(transaction->save_throttles(held, {}));
  must(transaction->commit());
  CHECK(release(*journal, {.entities = {"nobody"}}) == 0);
  CHECK_FALSE(journal->circuits().value().at(0).half_open);
  CHECK(release(*journal, {.entities = {"x"}}) == 1);
  CHECK(journal->circuits().value().at(0).half_open);
  CHECK(journal->throttles().value().at(0).hold_until < noon + std::chrono::hours{1});
  CHECK(journal->wakeups(0, 10).value().back().ask == destination);
}

TEST_CASE_TEMPLATE("release: the attempts go on being counted", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  release(*journal, {});
  CHECK(begin(*journal, delivery(*journal, 1)).outgoing.attempt == 2);
}

TEST_CASE_TEMPLATE("discard: a dead letter has failed and its lane is woken to move on", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  CHECK(discard(*journal, {.entities = {"x"}}) == 1);
  CHECK(state_of(*journal, 1) == DeliveryState::failed);
  CHECK(woken(*journal) == std::vector<std::int64_t>{1});
  CHECK(journal->head(delivery(*journal, 1).key).value()->key.position == Position{3});
  CHECK(journal->state_counts().value().of(DeliveryState::failed) == 1);
  CHECK(release(*journal, {.entities = {"x"}}) == 0);
}

TEST_CASE_TEMPLATE("wakeups: they are numbered and read on from where one stopped", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto other = subject.open();
  bury_two(*journal);
  release(*other, {.entities = {"x"}});
  const auto first = journal->wakeups(0, 10).value();
  REQUIRE(first.size() == 1);
  discard(*other, {.entities = {"y"}});
  const auto second = journal->wakeups(first[0].action, 10).value();
  REQUIRE(second.size() == 1);
  CHECK(second[0].action > first[0].action);
  CHECK(second[0].key.position == Position{2});
  CHECK(journal->wakeups(0, 1).value().size() == 1);
}

TEST_CASE_TEMPLATE("skip: the lowest gap is accepted and what waited for it is woken", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "3", .sequence = 3}, {.id = "4"}, {.id = "7", .sequence = 7}});
  const auto first = skip(*journal, "order-1");
  REQUIRE(first.has_value());
  CHECK(first->first == SequenceNumber{1});
  CHECK(first->second == SequenceNumber{2});
  CHECK(woken(*journal) == std::vector<std::int64_t>{1});
  CHECK_FALSE(journal->predecessor(delivery(*journal, 1)).value().gap);
  CHECK(journal->predecessor(delivery(*journal, 3)).value().gap);
  const auto second = skip(*journal, "order-1");
  REQUIRE(second.has_value());
  CHECK(second->first == SequenceNumber{5});
  CHECK(second->second == SequenceNumber{6});
  CHECK(woken(*journal, 1) == std::vector<std::int64_t>{3});
  CHECK_FALSE(skip(*journal, "order-1").has_value());
  CHECK_FALSE(skip(*journal, "nobody").has_value());
}

TEST_CASE_TEMPLATE("skip: only the gap that was looked at is accepted and no other one", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "3", .sequence = 3}, {.id = "7", .sequence = 7}});
  CHECK_FALSE(skip(*journal, "order-1", SequenceNumber{4}).has_value());  // it is not the lowest
  append(*journal, {.id = "1", .sequence = 1});
  CHECK_FALSE(skip(*journal, "order-1", SequenceNumber{1}).has_value());
  append(*journal, {.id = "2", .sequence = 2});
  CHECK_FALSE(skip(*journal, "order-1", SequenceNumber{2}).has_value());
  CHECK(woken(*journal, 2).empty());
  CHECK(append(*journal, {.id = "4", .sequence = 4}).verdict == AppendVerdict::accepted);
  const auto skipped = skip(*journal, "order-1", SequenceNumber{5});
  REQUIRE(skipped.has_value());
  CHECK(skipped->second == SequenceNumber{6});
}

TEST_CASE_TEMPLATE("skip: the first delivery of every lane behind the gap is woken", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "2", .sequence = 2, .urls = {"http://a.test/"}},
                        {.id = "3", .sequence = 3, .urls = {"http://a.test/", "http://b.test/"}},
                        {.id = "4", .sequence = 4, .urls = {"http://b.test/", "http://c.test/"}}});
  skip(*journal, "order-1");
  const auto wakeups = journal->wakeups(0, 10).value();
  REQUIRE(wakeups.size() == 3);
  CHECK(wakeups[0].key == DeliveryKey{.queue = QueueNo{1}, .position = Position{1}});
  CHECK(wakeups[1].key == DeliveryKey{.queue = QueueNo{2}, .position = Position{2}});
  CHECK(wakeups[2].key == DeliveryKey{.queue = QueueNo{3}, .position = Position{3}});
}

TEST_CASE_TEMPLATE("skip: a number skipped part way is kept apart from what had arrived", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "5", .sequence = 5}, {.id = "3", .sequence = 3}});
  skip(*journal, "order-1");
  CHECK(append(*journal, {.id = "1", .sequence = 1}).verdict == AppendVerdict::sequence_skipped);
  CHECK(append(*journal, {.id = "4", .sequence = 4}).verdict == AppendVerdict::accepted);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 1)).value().gap);
}

namespace {

std::int64_t cancel(Journal& journal, std::initializer_list<std::int64_t> positions) {
  std::vector<DeliveryKey> keys;
  for (const std::int64_t position : positions) keys.push_back(delivery(journal, position).key);
  auto transaction = journal.begin().value();
  const auto cancelled = transaction->cancel(keys, noon).value();
  must(transaction->commit());
  return cancelled;
}

}  // namespace

TEST_CASE_TEMPLATE("cancel: what waits has failed and nothing else is changed", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "pending", .entity = "a"},
                        {.id = "waits", .entity = "b"},
                        {.id = "dead", .entity = "c"},
                        {.id = "done", .entity = "d"},
                        {.id = "going", .entity = "e"}});
  attempt(*journal, 2, Transition::retry, noon + std::chrono::hours{1});
  attempt(*journal, 3, Transition::bury);
  attempt(*journal, 4, Transition::succeed);
  begin(*journal, delivery(*journal, 5));
  CHECK(cancel(*journal, {1, 2, 3, 4, 5}) == 2);
  CHECK(state_of(*journal, 1) == DeliveryState::failed);
  CHECK(state_of(*journal, 2) == DeliveryState::failed);
  CHECK(state_of(*journal, 3) == DeliveryState::dead_letter);
  CHECK(state_of(*journal, 4) == DeliveryState::completed);
  CHECK(state_of(*journal, 5) == DeliveryState::in_flight);
  CHECK(journal->state_counts().value().of(DeliveryState::failed) == 2);
  CHECK(journal->state_counts().value().of(DeliveryState::pending) == 0);
  CHECK(journal->state_counts().value().of(DeliveryState::retry_wait) == 0);
  CHECK_FALSE(journal->next_due(first_queue, {}).value());
  CHECK(cancel(*journal, {1, 2}) == 0);
}

TEST_CASE_TEMPLATE("cancel: a lane that may go on is woken once", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "4"}});
  CHECK(cancel(*journal, {2, 1}) == 2);
  const auto wakeups = journal->wakeups(0, 10).value();
  REQUIRE(wakeups.size() == 1);
  CHECK(journal->head(wakeups[0].key).value()->key.position == Position{3});
}

TEST_CASE_TEMPLATE("cancel: a lane that still waits for something else is not woken", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  SUBCASE("for a dead letter") {
    append_all(*journal, {{.id = "1"}, {.id = "2"}, {.id = "3"}});
    attempt(*journal, 1, Transition::bury);
  }
  SUBCASE("for one that is under way") {
    append_all(*journal, {{.id = "1"}, {.id = "2"}, {.id = "3"}});
    begin(*journal, delivery(*journal, 1));
  }
  SUBCASE("for a number that has not arrived") {
    append_all(*journal, {{.id = "before", .entity = "other"}, {.id = "2", .sequence = 2}, {.id = "3"}});
  }
  CHECK(cancel(*journal, {2}) == 1);
  CHECK(woken(*journal).empty());
}

TEST_CASE_TEMPLATE("cancel: an event without entity wakes nothing but a run that waits for its time", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1", .entity = std::nullopt}, {.id = "2", .entity = std::nullopt}});
  attempt(*journal, 2, Transition::retry, noon + std::chrono::hours{1});
  CHECK(cancel(*journal, {1, 2}) == 2);
  CHECK(woken(*journal) == std::vector<std::int64_t>{2});
}

TEST_CASE_TEMPLATE("cancel: what was cancelled can be delivered after all", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"}, {.id = "2"}});
  cancel(*journal, {1, 2});
  auto transaction = journal->begin().value();
  const DeliveryKey keys[] = {delivery(*journal, 1).key, delivery(*journal, 2).key};
  CHECK(transaction->replay(keys, std::nullopt, noon).value() == 2);
  must(transaction->commit());
  const auto rows = journal->scan(first_queue, Position{}, 10).value();
  REQUIRE(rows.size() == 4);
  CHECK(rows[1].state == DeliveryState::pending);
  CHECK(rows[1].key.generation == 1);
}

TEST_CASE_TEMPLATE("cancel: what lies above what was cancelled still waits for what lies below", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "4"}});
  attempt(*journal, 1, Transition::retry, noon + std::chrono::hours{1});
  CHECK(cancel(*journal, {2, 3}) == 2);
  CHECK(journal->predecessor(delivery(*journal, 4)).value().open == SequenceNumber{1});
  CHECK(journal->head(delivery(*journal, 4).key).value()->key.position == Position{1});
  CHECK(cancel(*journal, {1}) == 1);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 4)).value().open);
}

TEST_CASE_TEMPLATE("lane: all that is open in it is found whatever holds it up", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"},
                        {.id = "2"},
                        {.id = "3"},
                        {.id = "6", .sequence = 6},
                        {.id = "elsewhere", .urls = {"http://a.test/other"}},
                        {.id = "alone", .entity = std::nullopt},
                        {.id = "4", .sequence = 4}});
  attempt(*journal, 1, Transition::succeed);
  attempt(*journal, 2, Transition::bury);
  cancel(*journal, {3});
  const auto open = [&](std::int64_t position) {
    return positions(journal->all_open_in_lane(delivery(*journal, position).key).value());
  };
  CHECK(open(4) == std::vector<std::int64_t>{2, 7, 4});
  CHECK(open(2) == std::vector<std::int64_t>{2, 7, 4});
  CHECK(open(6) == std::vector<std::int64_t>{6});
  attempt(*journal, 6, Transition::succeed);
  CHECK(open(6).empty());
}

namespace {

std::int64_t retry_now(Journal& journal, std::initializer_list<std::int64_t> positions, WallTime now) {
  std::vector<DeliveryKey> keys;
  for (const std::int64_t position : positions) keys.push_back(delivery(journal, position).key);
  auto transaction = journal.begin().value();
  const auto retried = transaction->retry_now(keys, now).value();
  must(transaction->commit());
  return retried;
}

}  // namespace

TEST_CASE_TEMPLATE("retry: what waits is due at once and its circuit is half-open and a run is asked",
                   Subject, JOURNALS) {
  using namespace std::chrono_literals;
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "waits", .entity = "a"},
                        {.id = "pending", .entity = "b", .urls = {"http://a.test/other"}},
                        {.id = "dead", .entity = "c"},
                        {.id = "due", .entity = "d"}});
  attempt(*journal, 1, Transition::retry, noon + 24h);
  attempt(*journal, 3, Transition::bury);
  attempt(*journal, 4, Transition::retry, noon);
  const CircuitRow open[] = {
      {.destination = delivery(*journal, 1).destination, .half_open = false, .since = noon},
      {.destination = delivery(*journal, 2).destination, .half_open = false, .since = noon}};
  auto transaction = journal->begin().value();
  must(transaction->save_circuits(open, {}));
  must(transaction->commit());

  CHECK(retry_now(*journal, {1, 3}, noon + 1s) == 1);
  const auto waits = delivery(*journal, 1);
  CHECK(waits.state == DeliveryState::retry_wait);
  CHECK(waits.state_at == noon + 1s);
  CHECK(waits.attempts == 1);
  CHECK(waits.forgiven == 0);
  CHECK(state_of(*journal, 3) == DeliveryState::dead_letter);
  auto circuits = journal->circuits().value();
  REQUIRE(circuits.size() == 2);
  CHECK(circuits[0].half_open);
  CHECK_FALSE(circuits[1].half_open);
  const auto wakeups = journal->wakeups(0, 10).value();
  REQUIRE(wakeups.size() == 1);
  CHECK(wakeups[0].key == waits.key);
  CHECK(wakeups[0].ask == waits.destination);
  CHECK(journal->newest_action().value() == wakeups[0].action);

  // What is due already is due when it was; what is pending asks its circuit too.
  CHECK(retry_now(*journal, {2, 4}, noon + 1s) == 2);
  CHECK(delivery(*journal, 4).state_at == noon);
  CHECK(state_of(*journal, 2) == DeliveryState::pending);
  circuits = journal->circuits().value();
  CHECK(circuits[1].half_open);
  CHECK(journal->newest_action().value() == wakeups[0].action + 2);
}

TEST_CASE_TEMPLATE("acknowledge: unknown outcomes are counted until they are acknowledged", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal,
             {{.id = "a1", .entity = "a"}, {.id = "b1", .entity = "b"}, {.id = "c1", .entity = "c"}});
  for (const std::int64_t position : {1, 2, 3}) begin(*journal, delivery(*journal, position));
  const auto in_turn = [&](auto act) {
    auto transaction = journal->begin().value();
    const auto result = act(*transaction);
    must(transaction->commit());
    return result;
  };
  CHECK(in_turn([&](Transaction& transaction) {
          return transaction.recover(Orphans::retry, {}, noon, 10).value();
        }) == 3);
  // The first is sent again and lost again.
  begin(*journal, delivery(*journal, 1));
  CHECK(in_turn([&](Transaction& transaction) {
          return transaction.recover(Orphans::hold, {}, noon, 10).value();
        }) == 1);
  begin(*journal, delivery(*journal, 2));
  end(*journal, delivery(*journal, 2), Transition::succeed);

  const auto acknowledge = [&](const DeliveryFilter& which, std::size_t limit) {
    return in_turn(
        [&](Transaction& transaction) { return transaction.acknowledge(which, noon, limit).value(); });
  };
  CHECK(journal->unknown_outcomes({}).value() == 4);
  CHECK(journal->unknown_outcomes({.events = {"a1"}}).value() == 2);
  CHECK(acknowledge({.events = {"a1"}}, 10) == 2);
  CHECK(acknowledge({.events = {"a1"}}, 10) == 0);
  CHECK(journal->unknown_outcomes({}).value() == 2);
  CHECK(acknowledge({.entities = {"nobody"}}, 10) == 0);
  CHECK(acknowledge({}, 1) == 1);
  CHECK(acknowledge({}, 1) == 1);
  CHECK(acknowledge({}, 1) == 0);
  CHECK(journal->unknown_outcomes({}).value() == 0);
  CHECK(woken(*journal).empty());
  CHECK(state_of(*journal, 1) == DeliveryState::dead_letter);
  CHECK(state_of(*journal, 2) == DeliveryState::completed);
}
