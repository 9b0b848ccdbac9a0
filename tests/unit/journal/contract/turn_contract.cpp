// What a turn keeps, whatever journal is behind the seam.

#include "unit/journal/journals.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

/// How many of the hundred events were accepted from this caller.
int append_hundred(Journal& journal) {
  int accepted = 0;
  for (int first = 0; first < 100; first += 20) {
    std::vector<Line> lines;
    for (int id = first; id < first + 20; ++id)
      lines.push_back({.id = "event-" + std::to_string(id), .entity = "order-" + std::to_string(id % 7)});
    for (const auto& appended : append_all(journal, lines))
      accepted += appended.verdict == AppendVerdict::accepted;
  }
  return accepted;
}

}  // namespace

TEST_CASE_TEMPLATE("turn: others see nothing before the commit and all of it after", Subject, JOURNALS) {
  Subject subject;
  const auto writer = subject.open();
  const auto reader = subject.open();
  auto transaction = writer->begin().value();
  append_here(*transaction, {{.id = "a"}, {.id = "b"}});
  CHECK(writer->state_counts().value().open() == 2);
  CHECK(writer->scan(first_queue, Position{0}, 10).value().size() == 2);
  CHECK(reader->state_counts().value().open() == 0);
  CHECK(reader->queues(QueueNo{0}).value().empty());
  must(transaction->commit());
  CHECK(reader->state_counts().value().open() == 2);
  CHECK(reader->scan(first_queue, Position{0}, 10).value().size() == 2);
}

TEST_CASE_TEMPLATE("turn: nothing of an abandoned turn remains", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  {
    auto transaction = journal->begin().value();
    append_here(*transaction, {{.id = "b"}, {.id = "c", .entity = "order-2", .urls = {"http://b.test/"}}});
    const Intent intent{.key = delivery(*journal, 1).key, .state = DeliveryState::pending};
    CHECK(transaction->begin({&intent, 1}, noon).value().at(0).won);
  }
  CHECK(state_of(*journal, 1) == DeliveryState::pending);
  CHECK(journal->state_counts().value().of(DeliveryState::pending) == 1);
  CHECK(journal->queues(QueueNo{0}).value().size() == 1);
  // What was remembered of the turn is forgotten as well.
  CHECK(append(*journal, {.id = "b"}).sequence == SequenceNumber{2});
  CHECK(
      append(*journal, {.id = "c", .entity = "order-2", .sequence = 2, .urls = {"http://b.test/"}}).verdict ==
      AppendVerdict::accepted);
  CHECK(journal->predecessor(delivery(*journal, 3, QueueNo{2})).value().gap);
}

TEST_CASE_TEMPLATE("turn: one waits for the other", Subject, JOURNALS) {
  Subject subject;
  const auto mine = subject.open();
  auto transaction = mine->begin().value();
  append_here(*transaction, {{.id = "a"}});
  // Its event is the third of the stream whenever it comes, as it cannot come inside of this turn.
  std::thread other{[&] {
    const auto theirs = subject.open();
    append(*theirs, {.id = "b"});
  }};
  append_here(*transaction, {{.id = "c"}});
  must(transaction->commit());
  other.join();
  CHECK(append(*mine, {.id = "b"}).sequence == SequenceNumber{3});
}

TEST_CASE_TEMPLATE("turn: writing after the commit and a turn inside a turn are errors", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  auto transaction = journal->begin().value();
  CHECK_FALSE(journal->begin().has_value());
  CHECK(transaction->append({}, {}, noon).has_value());
  CHECK(transaction->commit().value().is_durable());
  CHECK_FALSE(transaction->append({}, {}, noon).has_value());
  CHECK_FALSE(transaction->commit().has_value());
}

TEST_CASE_TEMPLATE("turn: one that was committed does not end the next", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  auto first = journal->begin().value();
  append_here(*first, {{.id = "a"}});
  must(first->commit());
  auto second = journal->begin().value();
  append_here(*second, {{.id = "b"}});
  CHECK_FALSE(first->append({}, {}, noon).has_value());
  first.reset();
  must(second->commit());
  CHECK(journal->state_counts().value().open() == 2);
}

TEST_CASE_TEMPLATE("turn: what another committed is known at once", Subject, JOURNALS) {
  Subject subject;
  const auto mine = subject.open();
  const auto theirs = subject.open();
  append(*mine, {.id = "a"});
  append(*theirs, {.id = "b"});
  CHECK(append(*mine, {.id = "c"}).sequence == SequenceNumber{3});
  CHECK(append(*mine, {.id = "b"}).verdict == AppendVerdict::duplicate);
  CHECK(append(*theirs, {.id = "d"}).sequence == SequenceNumber{4});
}

TEST_CASE_TEMPLATE("turn: changes made elsewhere are told and our own are not", Subject, JOURNALS) {
  Subject subject;
  const auto mine = subject.open();
  const auto theirs = subject.open();
  CHECK(mine->changes().value().everything);
  CHECK_FALSE(mine->changes().value().any);
  append(*mine, {.id = "a"});
  CHECK_FALSE(mine->changes().value().any);
  append(*theirs, {.id = "b", .urls = {"http://b.test/"}});
  auto changes = mine->changes().value();
  CHECK(changes.any);
  CHECK_FALSE(changes.everything);
  const auto has = [&](std::int64_t queue) {
    return std::find(changes.queues.begin(), changes.queues.end(), QueueNo{queue}) != changes.queues.end();
  };
  CHECK(has(2));
  CHECK_FALSE(mine->changes().value().any);
  // Ours that come between others' are told with them, or not.
  append(*theirs, {.id = "c", .urls = {"http://c.test/"}});
  append(*mine, {.id = "d"});
  changes = mine->changes().value();
  CHECK(has(3));
  CHECK_FALSE(has(2));
  attempt(*theirs, 1, Transition::bury);
  {
    auto transaction = theirs->begin().value();
    CHECK(transaction->release(std::vector{delivery(*theirs, 1).key}, noon).value() == 1);
    must(transaction->commit());
  }
  changes = mine->changes().value();
  CHECK(changes.wakeups);
  CHECK(changes.queues.empty());
  put(*theirs, plain_subscription("s"));
  CHECK(mine->changes().value().subscriptions);
}

TEST_CASE_TEMPLATE("turn: eight threads append the same hundred ids and each is there once", Subject,
                   JOURNALS) {
  Subject subject;
  std::vector<int> accepted(8);
  std::vector<std::thread> threads;
  for (int& count : accepted)
    threads.emplace_back([&count, journal = subject.open()] { count = append_hundred(*journal); });
  for (auto& thread : threads) thread.join();
  int sum = 0;
  for (const int count : accepted) sum += count;
  CHECK(sum == 100);
  const auto journal = subject.open();
  CHECK(journal->state_counts().value().open() == 100);
  CHECK(journal->scan(first_queue, Position{0}, 1'000).value().size() == 100);
}
