// What append keeps, whatever journal is behind the seam: ids, streams, gaps.

#include "unit/journal/journals.hpp"

#include <limits>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

using Verdicts = std::vector<AppendVerdict>;
constexpr auto accepted = AppendVerdict::accepted;
constexpr StreamStart first_seen{.rule = StreamStart::Rule::first, .at = {}};

Verdicts verdicts(const std::vector<Appended>& appended) {
  Verdicts verdicts;
  for (const auto& one : appended) verdicts.push_back(one.verdict);
  return verdicts;
}

}  // namespace

TEST_CASE_TEMPLATE("append: positions go up in the order given and each event has a pending delivery",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto appended = append_all(*journal, {{.id = "a"}, {.id = "b"}, {.id = "c", .entity = "order-2"}});
  CHECK(verdicts(appended) == Verdicts{accepted, accepted, accepted});
  CHECK(appended[0].position == Position{1});
  CHECK(appended[1].position == Position{2});
  CHECK(appended[2].position == Position{3});
  const auto rows = journal->scan(first_queue, Position{0}, 10).value();
  CHECK(positions(rows) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(rows[0].state == DeliveryState::pending);
  CHECK(rows[0].attempts == 0);
  CHECK(rows[0].entity == rows[1].entity);
  CHECK(rows[0].entity != rows[2].entity);
  CHECK(journal->state_counts().value().of(DeliveryState::pending) == 3);
}

TEST_CASE_TEMPLATE("append: an event without a sequence number takes the next of its entity", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto appended = append_all(*journal, {{.id = "a"}, {.id = "b", .sequence = 2}, {.id = "c"}});
  CHECK(appended[0].sequence == SequenceNumber{1});
  CHECK(appended[1].sequence == SequenceNumber{2});
  CHECK(appended[2].sequence == SequenceNumber{3});
  CHECK(append(*journal, {.id = "d"}).sequence == SequenceNumber{4});
}

TEST_CASE_TEMPLATE("append: an event without an entity is its own lane", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto appended =
      append_all(*journal, {{.id = "a", .entity = {}}, {.id = "b", .entity = {}, .sequence = 7}});
  CHECK(verdicts(appended) == Verdicts{accepted, accepted});
  CHECK_FALSE(appended[1].sequence);
  CHECK(delivery(*journal, 2).entity == EntityNo{});
}

TEST_CASE_TEMPLATE("append: the same event again is a duplicate and changes nothing", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const Line line{
      .id = "a", .sequence = 1, .payload = "{\"n\":1}", .type = "made", .own_url = "http://a.test/x"};
  append(*journal, line);
  const auto again = append(*journal, line);
  CHECK(again.verdict == AppendVerdict::duplicate);
  CHECK(again.position == Position{1});
  CHECK(again.sequence == SequenceNumber{1});
  CHECK(journal->scan(first_queue, Position{0}, 10).value().size() == 1);
  CHECK(journal->state_counts().value().open() == 1);
}

TEST_CASE_TEMPLATE("append: a duplicate inside one batch is found", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto appended =
      append_all(*journal, {{.id = "a"}, {.id = "a"}, {.id = "b", .entity = {}}, {.id = "b", .entity = {}}});
  CHECK(verdicts(appended) ==
        Verdicts{accepted, AppendVerdict::duplicate, accepted, AppendVerdict::duplicate});
  CHECK(append(*journal, {.id = "c"}).sequence == SequenceNumber{2});
}

TEST_CASE_TEMPLATE("append: without a number an event is the same as the stored one with any", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .sequence = 1}, {.id = "b", .sequence = 2}});
  CHECK(append(*journal, {.id = "b"}).verdict == AppendVerdict::duplicate);
  CHECK(append(*journal, {.id = "b", .sequence = 2}).verdict == AppendVerdict::duplicate);
  CHECK(append(*journal, {.id = "b", .sequence = 3}).verdict == AppendVerdict::id_conflict);
}

TEST_CASE_TEMPLATE("append: the same id with other content is a conflict and changes nothing", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const Line line{.id = "a", .sequence = 1, .payload = "{\"n\":1}", .type = "made"};
  append(*journal, line);
  Line other = line;
  std::string_view differing;
  SUBCASE("another payload") {
    other.payload = "{\"n\":2}";
    differing = "payload";
  }
  SUBCASE("another type") {
    other.type = "sold";
    differing = "type";
  }
  SUBCASE("another entity that is new") {
    other.entity = "order-2";
    differing = "entity_id";
  }
  SUBCASE("no entity") {
    other.entity.reset();
    differing = "entity_id";
  }
  SUBCASE("its own url") {
    other.own_url = "http://a.test/own";
    differing = "url";
  }
  SUBCASE("a number far above") {
    other.sequence = 9;
    differing = "sequence_number";
  }
  SUBCASE("a number below the start") {
    other.sequence = 0;
    differing = "sequence_number";
  }
  const auto appended = append(*journal, other);
  CHECK(appended.verdict == AppendVerdict::id_conflict);
  CHECK(appended.differing == std::vector{differing});
  CHECK(appended.position == Position{1});
  CHECK(journal->state_counts().value().open() == 1);
  // No gap was opened, and the refused entity's stream can begin as if nothing had been.
  CHECK(append(*journal, {.id = "b", .entity = "order-2", .sequence = 5}, first_seen).verdict == accepted);
  CHECK(append(*journal, {.id = "c", .sequence = 2}).verdict == accepted);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 3)).value().gap);
}

TEST_CASE_TEMPLATE("append: other routes do not make another event", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  CHECK(append(*journal, {.id = "a", .urls = {"http://b.test/"}}).verdict == AppendVerdict::duplicate);
}

TEST_CASE_TEMPLATE("append: a number that another event has is taken", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a"}, {.id = "b"}});
  const auto appended = append(*journal, {.id = "c", .sequence = 1});
  CHECK(appended.verdict == AppendVerdict::sequence_taken);
  CHECK(appended.other_event == "a");
  CHECK(appended.position == Position{1});
  CHECK(append(*journal, {.id = "d"}).sequence == SequenceNumber{3});
}

TEST_CASE_TEMPLATE("append: after the highest number there is nothing left to take", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a", .sequence = std::numeric_limits<std::int64_t>::max()}, first_seen);
  const auto appended = append(*journal, {.id = "b"});
  CHECK(appended.verdict == AppendVerdict::sequence_taken);
  CHECK(appended.other_event == "a");
}

TEST_CASE_TEMPLATE("append: streams begin at 1 or at 0 where 0 is seen first", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  CHECK(append(*journal, {.id = "a", .entity = "zero", .sequence = 0}).verdict == accepted);
  CHECK(append(*journal, {.id = "b", .entity = "zero"}).sequence == SequenceNumber{1});
  CHECK(append(*journal, {.id = "c", .entity = "one", .sequence = 1}).verdict == accepted);
  begin(*journal, delivery(*journal, 3));
  const auto appended = append(*journal, {.id = "d", .entity = "one", .sequence = 0});
  CHECK(appended.verdict == AppendVerdict::before_start);
  CHECK(appended.sequence == SequenceNumber{1});
}

TEST_CASE_TEMPLATE("append: a 0 that comes after 1 begins the stream while nothing was sent", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  CHECK(
      verdicts(append_all(
          *journal, {{.id = "1", .sequence = 1}, {.id = "0", .sequence = 0}, {.id = "2", .sequence = 2}})) ==
      Verdicts{accepted, accepted, accepted});
  CHECK(journal->predecessor(delivery(*journal, 1)).value().open == SequenceNumber{0});
  CHECK_FALSE(journal->predecessor(delivery(*journal, 2)).value().open);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 3)).value().gap);
}

TEST_CASE_TEMPLATE("append: the start is lowered while nothing was sent and what is missing is a gap",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const std::vector<Line> lines{{.id = "12", .sequence = 12}, {.id = "10", .sequence = 10}};
  SUBCASE("in one batch") {
    CHECK(verdicts(append_all(*journal, lines, first_seen)) == Verdicts{accepted, accepted});
  }
  SUBCASE("in batches of other processes") {
    CHECK(append(*journal, lines[0], first_seen).verdict == accepted);
    CHECK(append(*subject.open(), lines[1], first_seen).verdict == accepted);
  }
  CHECK(journal->predecessor(delivery(*journal, 1)).value().gap);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 2)).value().gap);
  CHECK(append(*journal, {.id = "11", .sequence = 11}, first_seen).verdict == accepted);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 1)).value().gap);
  CHECK(woken(*journal) == std::vector<std::int64_t>{1});
  CHECK(positions(journal->open_in_lane(delivery(*journal, 1), 10).value()) ==
        std::vector<std::int64_t>{2, 3, 1});
  CHECK(append(*journal, {.id = "13"}).sequence == SequenceNumber{13});
  CHECK(append(*journal, {.id = "9", .sequence = 9}).verdict == AppendVerdict::before_start);
}

TEST_CASE_TEMPLATE("append: the start stays where it is as soon as anything of the entity was sent", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "12", .sequence = 12, .urls = {"http://a.test/hook", "http://b.test/hook"}}},
             first_seen);
  const auto late = [&] { return append(*journal, {.id = "10", .sequence = 10}, first_seen).verdict; };
  SUBCASE("begun") {
    begin(*journal, delivery(*journal, 1, QueueNo{2}));
  }
  SUBCASE("done") {
    attempt(*journal, 1, Transition::succeed);
  }
  SUBCASE("dead and released") {
    attempt(*journal, 1, Transition::bury);
    auto transaction = journal->begin().value();
    const DeliveryKey dead = delivery(*journal, 1).key;
    REQUIRE(transaction->release({&dead, 1}, noon).value() == 1);
    must(transaction->commit());
  }
  SUBCASE("waiting to be sent again") {
    attempt(*journal, 1, Transition::retry);
  }
  SUBCASE("given up") {
    auto transaction = journal->begin().value();
    const DeliveryKey pending = delivery(*journal, 1).key;
    REQUIRE(transaction->cancel({&pending, 1}, noon).value() == 1);
    must(transaction->commit());
  }
  CHECK(late() == AppendVerdict::before_start);
}

TEST_CASE_TEMPLATE("begin: what was to go before the start was lowered waits for what has come below",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "12", .sequence = 12, .urls = {"http://a.test/hook", "http://b.test/hook"}}},
             first_seen);
  const auto at_a = delivery(*journal, 1), at_b = delivery(*journal, 1, QueueNo{2});
  SUBCASE("a gap in every lane of the entity") {
    append(*journal, {.id = "10", .sequence = 10}, first_seen);
    CHECK_FALSE(begin(*journal, at_a).won);
    CHECK_FALSE(begin(*journal, at_b).won);
    CHECK(positions(journal->open_in_lane(at_a, 10).value()) == std::vector<std::int64_t>{2});
    CHECK(journal->open_in_lane(at_b, 10).value().empty());
    append(*journal, {.id = "11", .sequence = 11}, first_seen);
    CHECK_FALSE(begin(*journal, at_a).won);
    CHECK(begin(*journal, at_b).won);
  }
  SUBCASE("a delivery in its own lane") {
    append(*journal, {.id = "11", .sequence = 11}, first_seen);
    CHECK_FALSE(begin(*journal, at_a).won);
    CHECK(begin(*journal, at_b).won);
    attempt(*journal, 2, Transition::succeed);
    CHECK(begin(*journal, at_a).won);
  }
}

TEST_CASE_TEMPLATE("append: streams begin where they are told to", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const StreamStart at_100{.rule = StreamStart::Rule::number, .at = SequenceNumber{100}};
  CHECK(append(*journal, {.id = "a", .entity = "x", .sequence = 99}, at_100).verdict ==
        AppendVerdict::before_start);
  CHECK(append(*journal, {.id = "b", .entity = "x"}, at_100).sequence == SequenceNumber{100});
  CHECK(append(*journal, {.id = "c", .entity = "y", .sequence = 42}, first_seen).verdict == accepted);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 2)).value().gap);
  CHECK(append(*journal, {.id = "d", .entity = "y", .sequence = 41}).verdict == AppendVerdict::before_start);
  CHECK(append(*journal, {.id = "e", .entity = "z"}, first_seen).sequence == SequenceNumber{1});
}

TEST_CASE_TEMPLATE("append: a missing number opens a gap and its arrival closes it", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .sequence = 1}, {.id = "d", .sequence = 4}});
  CHECK(journal->predecessor(delivery(*journal, 2)).value().gap);
  append(*journal, {.id = "c", .sequence = 3});
  CHECK(journal->predecessor(delivery(*journal, 2)).value().gap);
  CHECK(woken(*journal).empty());
  append(*journal, {.id = "b", .sequence = 2});
  const auto before = journal->predecessor(delivery(*journal, 2)).value();
  CHECK_FALSE(before.gap);
  CHECK(before.disordered);
  CHECK(before.open == SequenceNumber{3});
  CHECK(woken(*journal) == std::vector<std::int64_t>{3});
}

TEST_CASE_TEMPLATE("append: a gap may be filled from its middle", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(
      *journal,
      {{.id = "1"}, {.id = "5", .sequence = 5}, {.id = "3", .sequence = 3}, {.id = "2", .sequence = 2}});
  CHECK_FALSE(journal->predecessor(delivery(*journal, 3)).value().gap);
  CHECK(journal->predecessor(delivery(*journal, 2)).value().gap);
  CHECK(woken(*journal) == std::vector<std::int64_t>{3});
  append(*journal, {.id = "4", .sequence = 4});
  CHECK_FALSE(journal->predecessor(delivery(*journal, 2)).value().gap);
  CHECK(woken(*journal, 1) == std::vector<std::int64_t>{2});
  CHECK(append(*journal, {.id = "6"}).sequence == SequenceNumber{6});
}

TEST_CASE_TEMPLATE("append: closing an upper gap wakes nobody while a lower one is open", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "2", .sequence = 2}, {.id = "4", .sequence = 4}, {.id = "3", .sequence = 3}});
  CHECK(woken(*journal).empty());
  append(*journal, {.id = "1", .sequence = 1});
  CHECK(woken(*journal) == std::vector<std::int64_t>{1});
}

TEST_CASE_TEMPLATE("append: closing a gap wakes the first delivery of each lane behind it", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "2", .sequence = 2, .urls = {"http://a.test/"}},
                        {.id = "3", .sequence = 3, .urls = {"http://a.test/"}},
                        {.id = "4", .sequence = 4, .urls = {"http://b.test/"}},
                        {.id = "1", .sequence = 1, .urls = {"http://c.test/"}}});
  CHECK(woken(*journal) == std::vector<std::int64_t>{1, 3});
}

TEST_CASE_TEMPLATE("append: a number that was skipped is refused", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "c", .sequence = 3});
  {
    auto transaction = journal->begin().value();
    transaction->skip_gap("order-1", std::nullopt, noon).value();
    must(transaction->commit());
  }
  const auto appended = append(*journal, {.id = "b", .sequence = 2});
  CHECK(appended.verdict == AppendVerdict::sequence_skipped);
  CHECK(appended.sequence == SequenceNumber{2});
  CHECK(journal->state_counts().value().open() == 1);
}

TEST_CASE_TEMPLATE("append: every route has a delivery and every host a delivery queue", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  auto transaction = journal->begin().value();
  auto report = append_here(*transaction, {{.id = "a", .urls = {"http://a.test/x", "http://b.test:81/"}},
                                           {.id = "b", .urls = {"http://a.test:8080/y"}}});
  REQUIRE(report.deliveries.size() == 3);
  CHECK(report.deliveries[0].key == DeliveryKey{.queue = QueueNo{1}, .position = Position{1}});
  CHECK(report.deliveries[1].key == DeliveryKey{.queue = QueueNo{2}, .position = Position{1}});
  CHECK(report.deliveries[2].key == DeliveryKey{.queue = QueueNo{1}, .position = Position{2}});
  CHECK(report.deliveries[2].state == DeliveryState::pending);
  CHECK(append_here(*transaction, {{.id = "a"}}).deliveries.empty());
  must(transaction->commit());
  const auto queues = journal->queues(QueueNo{0}).value();
  REQUIRE(queues.size() == 2);
  CHECK(queues[0].host == "a.test");
  CHECK(queues[1].host == "b.test");
  CHECK(journal->queues(QueueNo{1}).value().size() == 1);
  const auto at_a = journal->scan(QueueNo{1}, Position{0}, 10).value();
  REQUIRE(at_a.size() == 2);
  CHECK(at_a[0].destination != at_a[1].destination);
  CHECK(at_a[1].destination == report.deliveries[2].destination);
  CHECK(journal->scan(QueueNo{2}, Position{0}, 10).value().size() == 1);
}

TEST_CASE_TEMPLATE("append: an event without a route is accepted and has nothing to deliver", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  CHECK(append(*journal, {.id = "a", .urls = {}}).verdict == accepted);
  CHECK(journal->state_counts().value().open() == 0);
}
