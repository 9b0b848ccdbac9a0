// What begin, settle and recover keep, whatever journal is behind the seam.

#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

std::size_t recover(Journal& journal, Orphans orphans, std::size_t limit = 100) {
  auto transaction = journal.begin().value();
  const std::size_t recovered = transaction->recover(orphans, {}, noon + 1min, limit).value();
  must(transaction->commit());
  return recovered;
}

// g++ 12 does not compile this inside a template.
std::vector<Line> of_entities_of_their_own(int count) {
  std::vector<Line> lines;
  for (int i = 1; i <= count; ++i) lines.push_back({.id = std::to_string(i), .entity = std::to_string(i)});
  return lines;
}

}  // namespace

TEST_CASE_TEMPLATE("begin: gives all that is to be sent", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const Line line{.id = "a", .sequence = 1, .payload = std::string("{\"n\": 1}\0\xff", 10), .type = "made"};
  append_all(*journal, {line, {.id = "b", .entity = {}, .payload = ""}});
  const auto first = begin(*journal, delivery(*journal, 1), noon + 5s);
  REQUIRE(first.won);
  CHECK(first.outgoing.url == "http://a.test/hook");
  CHECK(first.outgoing.event_id == "a");
  CHECK(first.outgoing.entity_id == "order-1");
  CHECK(first.outgoing.sequence == SequenceNumber{1});
  CHECK(first.outgoing.type == "made");
  CHECK(first.outgoing.source.empty());
  CHECK(first.outgoing.payload == line.payload);
  CHECK(first.outgoing.attempt == 1);
  CHECK(first.outgoing.began == noon + 5s);
  CHECK(first.outgoing.accepted == noon);
  const auto second = begin(*journal, delivery(*journal, 2));
  REQUIRE(second.won);
  CHECK_FALSE(second.outgoing.entity_id);
  CHECK_FALSE(second.outgoing.sequence);
  CHECK(second.outgoing.payload.empty());
}

TEST_CASE_TEMPLATE("begin: only one of two wins and the other changes nothing", Subject, JOURNALS) {
  Subject subject;
  const auto mine = subject.open();
  const auto theirs = subject.open();
  append(*mine, {.id = "a"});
  const auto row = delivery(*mine, 1);
  CHECK(begin(*theirs, row).won);
  CHECK_FALSE(begin(*mine, row).won);
  CHECK(delivery(*mine, 1).attempts == 1);
  CHECK(mine->state_counts().value().of(DeliveryState::in_flight) == 1);
  CHECK(mine->state_counts().value().of(DeliveryState::pending) == 0);
}

TEST_CASE_TEMPLATE("begin: what is completed or in flight can never be begun", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a"}, {.id = "b"}});
  attempt(*journal, 1, Transition::succeed);
  begin(*journal, delivery(*journal, 2));
  for (const std::int64_t position : {1, 2}) {
    for (const auto believed : {DeliveryState::pending, DeliveryState::retry_wait}) {
      auto row = delivery(*journal, position);
      row.state = believed;
      CHECK_FALSE(begin(*journal, row).won);
    }
    const auto row = delivery(*journal, position);
    const auto transaction = journal->begin().value();
    const Intent intent{.key = row.key, .state = row.state};
    CHECK_FALSE(transaction->begin({&intent, 1}, noon).has_value());
  }
}

TEST_CASE_TEMPLATE("begin: answers in the order of the intents", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a"}, {.id = "b"}, {.id = "c"}});
  attempt(*journal, 2, Transition::succeed);
  auto transaction = journal->begin().value();
  std::vector<Intent> intents;
  for (const std::int64_t position : {3, 2, 1})
    intents.push_back({.key = delivery(*journal, position).key, .state = DeliveryState::pending});
  const auto begun = transaction->begin(intents, noon).value();
  CHECK(begun[0].outgoing.event_id == "c");
  CHECK_FALSE(begun[1].won);
  CHECK(begun[2].outgoing.event_id == "a");
}

TEST_CASE_TEMPLATE("settle: a success completes the delivery", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  attempt(*journal, 1, Transition::succeed);
  CHECK(state_of(*journal, 1) == DeliveryState::completed);
  CHECK(journal->state_counts().value().of(DeliveryState::completed) == 1);
  CHECK(journal->state_counts().value().open() == 0);
}

TEST_CASE_TEMPLATE("settle: a retry waits until it is due and counts its attempts", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  attempt(*journal, 1, Transition::retry, noon + 2s);
  auto row = delivery(*journal, 1);
  CHECK(row.state == DeliveryState::retry_wait);
  CHECK(row.state_at == noon + 2s);
  CHECK(row.attempts == 1);
  CHECK(row.forgiven == 0);
  const auto again = begin(*journal, row);
  CHECK(again.won);
  CHECK(again.outgoing.attempt == 2);
  end(*journal, row, Transition::bury);
  row = delivery(*journal, 1);
  CHECK(row.state == DeliveryState::dead_letter);
  CHECK(row.state_at == noon);
  CHECK(row.attempts == 2);
  CHECK(journal->state_counts().value().of(DeliveryState::dead_letter) == 1);
}

TEST_CASE_TEMPLATE("settle: what is not meant is failed for good and its lane goes on", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .sequence = 1}, {.id = "b", .sequence = 2}});
  const auto row = delivery(*journal, 1);
  begin(*journal, row);
  {
    auto transaction = journal->begin().value();
    Outcome outcome;
    outcome.kind = OutcomeKind::not_meant;
    outcome.error = "the filter excludes the event";
    const Settlement settlement{.key = row.key,
                                .by = Transition::exclude,
                                .forgive = true,
                                .due = {},
                                .at = noon,
                                .outcome = &outcome};
    must(transaction->settle({&settlement, 1}));
    must(transaction->commit());
  }
  auto excluded = delivery(*journal, 1);
  CHECK(excluded.state == DeliveryState::failed);
  CHECK(excluded.state_at == WallTime{});
  CHECK(excluded.forgiven == 1);
  CHECK(journal->state_counts().value().of(DeliveryState::failed) == 1);
  CHECK(journal->state_counts().value().open() == 1);
  CHECK(positions(journal->open_in_lane(excluded, 10).value()) == std::vector<std::int64_t>{2});
  excluded.state = DeliveryState::pending;
  CHECK_FALSE(begin(*journal, excluded).won);
}

TEST_CASE_TEMPLATE("settle: a forgiven attempt is counted as such", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  begin(*journal, delivery(*journal, 1));
  auto transaction = journal->begin().value();
  Outcome outcome;
  outcome.kind = OutcomeKind::connect_error;
  outcome.error = "connection refused";
  const Settlement settlement{.key = delivery(*journal, 1).key,
                              .by = Transition::retry,
                              .forgive = true,
                              .due = noon + 1s,
                              .at = noon,
                              .outcome = &outcome};
  REQUIRE(transaction->settle({&settlement, 1}).has_value());
  must(transaction->commit());
  CHECK(delivery(*journal, 1).attempts == 1);
  CHECK(delivery(*journal, 1).forgiven == 1);
}

TEST_CASE_TEMPLATE("settle: what is not in flight any more is lost and stays as it is", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  const Outcome outcome = answered(200);
  Settlement settlement{.key = delivery(*journal, 1).key, .due = noon, .at = noon, .outcome = &outcome};
  SUBCASE("pending and succeeding") {}
  SUBCASE("pending and failing") {
    settlement.by = Transition::retry;
  }
  SUBCASE("completed") {
    attempt(*journal, 1, Transition::succeed);
  }
  const auto before = state_of(*journal, 1);
  {
    auto transaction = journal->begin().value();
    CHECK(transaction->settle({&settlement, 1}).value() == std::vector{Settled::lost});
    must(transaction->commit());
  }
  CHECK(state_of(*journal, 1) == before);
}

TEST_CASE_TEMPLATE("settle: a way that is not an outcome is refused", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  begin(*journal, delivery(*journal, 1));
  const Outcome outcome = answered(200);
  const Settlement settlement{.key = delivery(*journal, 1).key,
                              .by = Transition::release,
                              .due = noon,
                              .at = noon,
                              .outcome = &outcome};
  {
    auto transaction = journal->begin().value();
    CHECK_FALSE(transaction->settle({&settlement, 1}).has_value());
  }
  CHECK(state_of(*journal, 1) == DeliveryState::in_flight);
}

TEST_CASE_TEMPLATE("settle: of several only those that were taken over are lost", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .entity = "a"}, {.id = "b", .entity = "b"}, {.id = "c", .entity = "c"}});
  const Outcome outcome = answered(200);
  std::vector<Settlement> settlements;
  for (const std::int64_t position : {1, 2, 3}) {
    begin(*journal, delivery(*journal, position));
    settlements.push_back({.key = delivery(*journal, position).key, .at = noon, .outcome = &outcome});
  }
  end(*journal, delivery(*journal, 2), Transition::retry, noon + 1min);  // by another owner
  auto transaction = journal->begin().value();
  CHECK(transaction->settle(settlements).value() == std::vector{Settled::ours, Settled::lost, Settled::ours});
  must(transaction->commit());
  CHECK(state_of(*journal, 1) == DeliveryState::completed);
  CHECK(state_of(*journal, 2) == DeliveryState::retry_wait);
  CHECK(state_of(*journal, 3) == DeliveryState::completed);
}

TEST_CASE_TEMPLATE("settle: the end of one delivery and the intent of the next share a turn", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto reader = subject.open();
  append_all(*journal, {{.id = "a"}, {.id = "b"}});
  begin(*journal, delivery(*journal, 1));
  auto transaction = journal->begin().value();
  const Outcome outcome = answered(200);
  const Settlement settlement{.key = delivery(*journal, 1).key, .due = {}, .at = noon, .outcome = &outcome};
  REQUIRE(transaction->settle({&settlement, 1}).has_value());
  const Intent intent{.key = delivery(*journal, 2).key, .state = DeliveryState::pending};
  REQUIRE(transaction->begin({&intent, 1}, noon).value().at(0).won);
  CHECK(reader->state_counts().value().of(DeliveryState::in_flight) == 1);
  CHECK(state_of(*reader, 1) == DeliveryState::in_flight);
  must(transaction->commit());
  CHECK(state_of(*reader, 1) == DeliveryState::completed);
  CHECK(state_of(*reader, 2) == DeliveryState::in_flight);
}

TEST_CASE_TEMPLATE("settle: since when the receiver asks for time stays known until a release", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "x1", .entity = "x"}});
  const auto settle = [&](Transition by, OutcomeKind kind, std::optional<WallTime> since) {
    begin(*journal, delivery(*journal, 1));
    auto transaction = journal->begin().value();
    Outcome outcome = answered(429);
    outcome.kind = kind;
    const Settlement settlement{.key = delivery(*journal, 1).key,
                                .by = by,
                                .forgive = kind == OutcomeKind::throttled,
                                .due = noon,
                                .at = noon,
                                .outcome = &outcome,
                                .throttled_since = since};
    must(transaction->settle({&settlement, 1}));
    must(transaction->commit());
    return delivery(*journal, 1).throttled_since;
  };
  CHECK(delivery(*journal, 1).throttled_since == WallTime{});
  CHECK(settle(Transition::retry, OutcomeKind::throttled, noon + 1s) == noon + 1s);
  CHECK(settle(Transition::retry, OutcomeKind::answered, std::nullopt) == noon + 1s);
  CHECK(delivery(*journal, 1).forgiven == 1);
  CHECK(settle(Transition::bury, OutcomeKind::answered, std::nullopt) == noon + 1s);
  auto transaction = journal->begin().value();
  CHECK(transaction->release(std::vector{delivery(*journal, 1).key}, noon).value() == 1);
  must(transaction->commit());
  CHECK(delivery(*journal, 1).throttled_since == WallTime{});
}

TEST_CASE_TEMPLATE("recover: what was in flight is sent again and its attempt forgiven", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a"}, {.id = "b", .entity = "order-2"}, {.id = "c", .entity = "order-3"}});
  begin(*journal, delivery(*journal, 1));
  begin(*journal, delivery(*journal, 3));
  CHECK(recover(*journal, Orphans::retry, 1) == 1);
  CHECK(recover(*journal, Orphans::retry, 5) == 1);
  CHECK(recover(*journal, Orphans::retry, 5) == 0);
  for (const std::int64_t position : {1, 3}) {
    const auto row = delivery(*journal, position);
    CHECK(row.state == DeliveryState::retry_wait);
    CHECK(row.state_at == noon + 1min);
    CHECK(row.attempts == 1);
    CHECK(row.forgiven == 1);
  }
  CHECK(state_of(*journal, 2) == DeliveryState::pending);
  CHECK(journal->state_counts().value().of(DeliveryState::in_flight) == 0);
}

TEST_CASE_TEMPLATE("recover: held orphans become dead letters", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  begin(*journal, delivery(*journal, 1));
  CHECK(recover(*journal, Orphans::hold) == 1);
  CHECK(state_of(*journal, 1) == DeliveryState::dead_letter);
}

TEST_CASE_TEMPLATE("recover: another object finds what was begun in several turns and has not ended", Subject,
                   JOURNALS) {
  Subject subject;
  const auto gone = subject.open();
  append_all(*gone, of_entities_of_their_own(8));
  {
    auto transaction = gone->begin().value();
    for (const std::int64_t position : {1, 2, 3}) {
      const Intent intent{.key = delivery(*gone, position).key};
      CHECK(transaction->begin({&intent, 1}, noon).value().at(0).won);
    }
    must(transaction->commit());
  }
  begin(*gone, delivery(*gone, 4));
  end(*gone, delivery(*gone, 2), Transition::succeed);
  attempt(*gone, 5, Transition::retry);
  begin(*gone, delivery(*gone, 5));
  {  // begun and ended in one turn, and begun again
    auto transaction = gone->begin().value();
    const Outcome outcome = answered(500);
    for (const std::int64_t position : {6, 7}) {
      Intent intent{.key = delivery(*gone, position).key};
      const Settlement end{
          .key = intent.key, .by = Transition::retry, .due = noon, .at = noon, .outcome = &outcome};
      CHECK(transaction->begin({&intent, 1}, noon).value().at(0).won);
      must(transaction->settle({&end, 1}));
      intent.state = DeliveryState::retry_wait;
      if (position == 7) CHECK(transaction->begin({&intent, 1}, noon).value().at(0).won);
    }
    must(transaction->commit());
  }
  {  // what is abandoned was never begun
    auto transaction = gone->begin().value();
    const Intent intent{.key = delivery(*gone, 8).key};
    CHECK(transaction->begin({&intent, 1}, noon).value().at(0).won);
  }
  end(*gone, delivery(*gone, 3), Transition::bury);

  const auto next = subject.open();
  CHECK(recover(*next, Orphans::retry, 3) == 3);
  CHECK(recover(*next, Orphans::retry, 3) == 1);
  CHECK(recover(*next, Orphans::retry, 3) == 0);
  std::vector<DeliveryState> states;
  for (std::int64_t position = 1; position <= 8; ++position) states.push_back(state_of(*next, position));
  CHECK(states == std::vector{DeliveryState::retry_wait, DeliveryState::completed, DeliveryState::dead_letter,
                              DeliveryState::retry_wait, DeliveryState::retry_wait, DeliveryState::retry_wait,
                              DeliveryState::retry_wait, DeliveryState::pending});
  CHECK(delivery(*next, 5).attempts == 2);
  CHECK(delivery(*next, 5).forgiven == 1);
  CHECK(delivery(*next, 7).forgiven == 1);
  CHECK(delivery(*next, 6).forgiven == 0);

  // What the next owner begins and leaves is found as well, though the first knows of it too.
  begin(*next, delivery(*next, 1));
  CHECK(recover(*gone, Orphans::hold) == 1);
  CHECK(state_of(*next, 1) == DeliveryState::dead_letter);
}

TEST_CASE_TEMPLATE("begin: a delivery can be begun in the turn that made it", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const std::vector<Route> routes{{.url = "http://a.test/hook", .host = "a.test"},
                                  {.url = "http://b.test/", .host = "b.test"}};
  std::vector<Arrival> arrivals(2);
  arrivals[0].event_id = "a";
  arrivals[0].entity_id = "order-1";
  arrivals[0].type = "made";
  arrivals[0].payload = "{}";
  arrivals[0].routes = routes;
  arrivals[1].event_id = "b";
  arrivals[1].payload = "[]";
  arrivals[1].routes = std::span{routes}.first(1);
  const auto begin_here = [](Transaction& transaction, const DeliveryRow& row) {
    const Intent intent{row.key, row.state};
    return transaction.begin(std::span{&intent, 1}, noon + 5s).value().at(0);
  };
  for (const bool commits : {false, true}) {
    auto transaction = journal->begin().value();
    const auto made = transaction->append(arrivals, {}, noon).value().deliveries;
    REQUIRE(made.size() == 3);
    const auto begun = begin_here(*transaction, made[0]);
    REQUIRE(begun.won);
    CHECK(begun.outgoing.url == "http://a.test/hook");
    CHECK(begun.outgoing.event_id == "a");
    CHECK(begun.outgoing.entity_id == "order-1");
    CHECK(begun.outgoing.sequence == SequenceNumber{1});
    CHECK(begun.outgoing.type == "made");
    CHECK(begun.outgoing.payload == "{}");
    CHECK(begun.outgoing.attempt == 1);
    CHECK(begun.outgoing.began == noon + 5s);
    CHECK(begun.outgoing.accepted == noon);
    CHECK_FALSE(begin_here(*transaction, made[0]).won);
    if (commits) must(transaction->commit());
  }
  CHECK(journal->state_counts().value().of(DeliveryState::in_flight) == 1);
  CHECK(journal->state_counts().value().of(DeliveryState::pending) == 2);
  const auto at_a = journal->scan(QueueNo{1}, Position{0}, 10).value();
  REQUIRE(at_a.size() == 2);
  CHECK(at_a[0].state == DeliveryState::in_flight);
  CHECK(at_a[0].attempts == 1);
  CHECK(at_a[0].entity != EntityNo{});
  CHECK(at_a[1].state == DeliveryState::pending);
  CHECK(at_a[1].entity == EntityNo{});
  CHECK(delivery(*journal, 1, QueueNo{2}).state == DeliveryState::pending);
  CHECK(recover(*journal, Orphans::retry) == 1);
}

TEST_CASE_TEMPLATE("begin: what the open turn made is found by its reads and can be begun after them",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const std::vector<Line> lines{{.id = "a", .sequence = 1}, {.id = "b", .sequence = 2}};
  auto transaction = journal->begin().value();
  const auto made = append_here(*transaction, lines).deliveries;
  const auto found = journal->scan(first_queue, Position{0}, 10).value();
  REQUIRE(found.size() == 2);
  CHECK(found[1].key == made[1].key);
  CHECK(journal->open_in_lane(found[0], 10).value().size() == 2);
  const Intent intent{made[0].key, made[0].state};
  CHECK(transaction->begin(std::span{&intent, 1}, noon).value().at(0).outgoing.event_id == "a");
  must(transaction->commit());
  CHECK(state_of(*journal, 1) == DeliveryState::in_flight);
  CHECK(state_of(*journal, 2) == DeliveryState::pending);
}

TEST_CASE_TEMPLATE("begin: what the open turn made stands before what it made later", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const std::vector<Line> lines{{.id = "a", .sequence = 1},
                                {.id = "b", .sequence = 2},
                                {.id = "c", .entity = "order-2", .sequence = 1}};
  auto transaction = journal->begin().value();
  const auto made = append_here(*transaction, lines).deliveries;
  CHECK_FALSE(journal->predecessor(made[2]).value().open);
  CHECK_FALSE(journal->predecessor(made[0]).value().open);
  CHECK(journal->predecessor(made[1]).value().open == SequenceNumber{1});
  must(transaction->commit());
  CHECK(state_of(*journal, 3) == DeliveryState::pending);
}

TEST_CASE_TEMPLATE("begin: what an abandoned turn had appended is not sent for what has its position now",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  {
    auto transaction = journal->begin().value();
    append_here(*transaction, {{.id = "gone", .payload = "\"gone\""}});
    REQUIRE(journal->scan(first_queue, Position{0}, 10).value().size() == 1);
  }
  append(*journal, {.id = "a", .payload = "\"a\""});
  const auto begun = begin(*journal, delivery(*journal, 1));
  REQUIRE(begun.won);
  CHECK(begun.outgoing.event_id == "a");
  CHECK(begun.outgoing.payload == "\"a\"");
}

TEST_CASE_TEMPLATE("begin: an attempt is numbered after those of others since it was appended", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open(), other = subject.open();
  append(*journal, {.id = "a"});
  attempt(*other, 1, Transition::bury);
  {
    auto transaction = other->begin().value();
    const DeliveryKey dead = delivery(*other, 1).key;
    REQUIRE(transaction->release({&dead, 1}, noon).value() == 1);
    must(transaction->commit());
  }
  const auto begun = begin(*journal, delivery(*journal, 1));
  REQUIRE(begun.won);
  CHECK(begun.outgoing.attempt == 2);
  CHECK(begun.outgoing.event_id == "a");
}

TEST_CASE_TEMPLATE("begin: what was appended long ago and much of it is sent as it came", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  constexpr std::int64_t events = 150;
  std::vector<Line> lines;
  for (std::int64_t i = 1; i <= events; ++i) {
    auto& line = lines.emplace_back();
    line.id = std::to_string(i);
    line.entity = "order-" + std::to_string(i % 3);
    line.payload = '"' + std::string(20'000, static_cast<char>('a' + i % 26)) + '"';
    if (i % 2 == 0) line.type = "made";
  }
  append_all(*journal, lines);
  for (const std::int64_t i : {1, 2, 3, 50, 51, 52, 149, 150}) {
    CAPTURE(i);
    const auto row = delivery(*journal, i);
    const auto begun = begin(*journal, row, noon + 1s);
    REQUIRE(begun.won);
    const Line& line = lines[static_cast<std::size_t>(i) - 1];
    CHECK(begun.outgoing.event_id == line.id);
    CHECK(begun.outgoing.entity_id == line.entity);
    CHECK(begun.outgoing.sequence == SequenceNumber{(i + 2) / 3});
    CHECK(begun.outgoing.type == line.type);
    CHECK(begun.outgoing.payload == line.payload);
    CHECK(begun.outgoing.url == "http://a.test/hook");
    CHECK(begun.outgoing.attempt == 1);
    CHECK(begun.outgoing.accepted == noon);
    CHECK(begun.outgoing.began == noon + 1s);
    CHECK_FALSE(begin(*journal, row).won);
  }
}
