// What reads a journal keeps, whatever keeps the journal.

#include "unit/journal/damage.hpp"
#include "unit/journal/queue_long_line.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

using Ids = std::vector<std::string>;

Ids events(const JournalReader& reader, const EventFilter& filter) {
  Ids ids;
  must(reader.events(filter, [&](const EventRecord& event) {
    ids.push_back(event.event_id);
    return true;
  }));
  return ids;
}

// g++ 12 does not compile these lines inside a template.

/// e1, e2 and so on, each of a type and without an entity.
std::vector<Line> of_types(const std::vector<std::string>& types) {
  std::vector<Line> lines;
  for (const auto& type : types)
    lines.push_back({.id = fmt::format("e{}", lines.size() + 1), .entity = std::nullopt, .type = type});
  return lines;
}

/// Of two entities in turn, with one correlation id, behind two events without it.
std::vector<Line> correlated(int pairs) {
  std::vector<Line> lines{{.id = "other", .correlation_id = "c"}, {.id = "c"}};
  for (int i = 0; i < pairs; ++i) {
    lines.push_back({.id = fmt::format("a{}", i), .entity = "A", .correlation_id = "shared"});
    lines.push_back({.id = fmt::format("b{}", i), .entity = "B", .correlation_id = "shared"});
  }
  return lines;
}

/// 1 to `count` of one entity, of two types in turn.
std::vector<Line> odd_and_even(int count) {
  std::vector<Line> lines;
  for (int i = 1; i <= count; ++i)
    lines.push_back({.id = fmt::format("e{}", i), .entity = "E", .type = i % 2 == 0 ? "even" : "odd"});
  return lines;
}

/// Few of these fill a page by their size.
std::vector<Line> large(int count) {
  std::vector<Line> lines;
  const std::string payload = '"' + std::string(400'000, 'x') + '"';
  for (int i = 1; i <= count; ++i)
    lines.push_back({.id = fmt::format("l{}", i), .entity = "L", .payload = payload, .type = "even"});
  return lines;
}

}  // namespace

TEST_CASE_TEMPLATE("reader: lists events by position", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  CHECK(events(*reader, {}) ==
        Ids{"a1", "a2", "a3", "a5", "b1", "b2", "c1", "c2", "d1", "d4", "e3", "alone", "waiting", "a4"});
}

TEST_CASE_TEMPLATE("reader: lists the events of one entity by sequence number", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  CHECK(events(*reader, {.entity = "A"}) == Ids{"a1", "a2", "a3", "a4", "a5"});
  CHECK(events(*reader, {.entity = "nobody"}).empty());
}

TEST_CASE_TEMPLATE("reader: goes on behind an event and stops at a limit", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  CHECK(events(*reader, {.after = Position{12}}) == Ids{"waiting", "a4"});
  CHECK(events(*reader, {.after = Position{3}, .limit = 2}) == Ids{"a5", "b1"});
  CHECK(events(*reader, {.entity = "A", .after = Position{14}}) == Ids{"a5"});
  const auto other =
      reader->events({.entity = "A", .after = Position{5}}, [](const EventRecord&) { return true; });
  CHECK(other.error().failure == Failure::usage);
}

TEST_CASE_TEMPLATE("reader: lists events by the state of their deliveries", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  CHECK(events(*reader, {.state = DeliveryState::dead_letter}) == Ids{"b1"});
  CHECK(events(*reader, {.state = DeliveryState::retry_wait}) == Ids{"c2", "alone"});
  CHECK(events(*reader, {.state = DeliveryState::pending}) == Ids{"b2", "e3", "waiting"});
  CHECK(events(*reader, {.state = DeliveryState::failed}) == Ids{"c1"});
  CHECK(events(*reader, {.state = DeliveryState::in_flight}).empty());
}

TEST_CASE_TEMPLATE("reader: lists events by the correlation id that they share across entities and pages",
                   Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  constexpr int pairs = 600;
  append_all(*journal, correlated(pairs));
  const auto reader = subject.read();
  const auto shared = events(*reader, {.correlation = "shared"});
  REQUIRE(shared.size() == 2 * pairs);
  CHECK(shared.front() == "a0");
  CHECK(shared.back() == "b599");
  CHECK(events(*reader, {.entity = "B", .correlation = "shared"}).size() == pairs);
  CHECK(events(*reader, {.correlation = "c"}) == Ids{"other"});
  CHECK(events(*reader, {.correlation = "shared", .limit = 2}) == Ids{"a0", "b0"});
  CHECK(events(*reader, {.correlation = "nobody"}).empty());
}

TEST_CASE_TEMPLATE("reader: lists events by type and by when they were accepted", Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "x", .type = "placed"}, {.id = "y", .type = "paid"}});
  const auto reader = subject.read();
  const auto tick = std::chrono::microseconds{1};
  CHECK(events(*reader, {.type = "paid"}) == Ids{"y"});
  CHECK(events(*reader, {.since = noon}).size() == 2);
  CHECK(events(*reader, {.since = noon + tick}).empty());
  CHECK(events(*reader, {.until = noon}).empty());
  CHECK(events(*reader, {.until = noon + tick}).size() == 2);
}

TEST_CASE_TEMPLATE("reader: lists the events with an attempt whose outcome is unknown", Subject, READERS) {
  const Worn<Subject> worn;
  CHECK(events(*worn.read(), {.unknown = true}) == Ids{"c2"});
}

TEST_CASE_TEMPLATE("reader: lists more events than a page holds and stops when told", Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, of_types(std::vector<std::string>(1'500)));
  const auto reader = subject.read();
  CHECK(events(*reader, {}).size() == 1'500);
  CHECK(events(*reader, {.state = DeliveryState::pending, .limit = 700}).size() == 700);
  int seen = 0;
  must(reader->events({}, [&](const EventRecord& event) {
    CHECK(event.deliveries.size() == 1);
    return ++seen < 600;
  }));
  CHECK(seen == 600);
}

TEST_CASE_TEMPLATE("reader: shows all of one event", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  const auto event = reader->event("a1").value();
  REQUIRE(event);
  CHECK(event->entity_id == "A");
  CHECK(event->sequence == SequenceNumber{1});
  CHECK(event->payload == "{}");
  CHECK(event->payload_bytes == 2);
  REQUIRE(event->deliveries.size() == 2);
  CHECK(event->deliveries[0].destination == "http://a.test/hook");
  CHECK(event->deliveries[1].host == "b.test");
  CHECK(event->deliveries[1].state == DeliveryState::completed);
  CHECK(event->deliveries[1].status == 200);
  CHECK_FALSE(reader->event("none").value());
}

TEST_CASE_TEMPLATE("reader: tells every attempt of an event in order", Subject, READERS) {
  const Worn<Subject> worn;
  const auto attempts = worn.read()->attempts("a2").value();
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].number == 1);
  CHECK(attempts[0].ended->status == 500);
  CHECK(attempts[1].number == 2);
  CHECK(attempts[1].ended->status == 200);  // a plain success, which has no row of its own
  CHECK(worn.read()->attempts("none").value().empty());
}

TEST_CASE_TEMPLATE("reader: tells what a broker answered", Subject, READERS) {
  Worn<Subject> worn;
  worn.broker();
  const auto reader = worn.read();
  const auto attempts = reader->attempts("k2").value();
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].ended->kind == OutcomeKind::declined);
  CHECK(attempts[0].ended->status == 0);
  CHECK(attempts[0].ended->error == "NATS 10071: wrong last sequence");
  CHECK(attempts[1].ended->kind == OutcomeKind::acknowledged);  // of a success that has no row of its own
  CHECK(attempts[1].ended->status == 0);
  CHECK_FALSE(reader->event("k1").value()->deliveries.at(0).status);
}

TEST_CASE_TEMPLATE("reader: tells of the attempt under way", Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "x"});
  begin(*journal, delivery(*journal, 1));
  const auto attempts = subject.read()->attempts("x").value();
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].number == 1);
  CHECK(attempts[0].began_at == noon);
  CHECK_FALSE(attempts[0].ended);
}

TEST_CASE_TEMPLATE("reader: tells why something is dead and what waits behind it", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  std::vector<DeadLetterRecord> dead;
  const auto keep = [&](const DeadLetterRecord& one) {
    dead.push_back(one);
    return true;
  };
  must(reader->dead_letters({}, keep));
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].event_id == "b1");
  CHECK(dead[0].attempts == 2);
  CHECK(dead[0].since == noon);
  CHECK(dead[0].waiting == 1);
  REQUIRE(dead[0].last);
  CHECK(dead[0].last->status == 500);
  must(reader->dead_letters({.entities = {"A"}}, keep));
  must(reader->dead_letters({.events = {"b2"}}, keep));
  CHECK(dead.size() == 1);
}

TEST_CASE_TEMPLATE("reader: lists gaps and what waits behind them", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  std::vector<GapRecord> gaps;
  const auto keep = [&](const GapRecord& gap) {
    gaps.push_back(gap);
    return true;
  };
  must(reader->gaps({}, false, keep));
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].entity_id == "E");
  CHECK(gaps[0].first_missing == SequenceNumber{1});
  CHECK(gaps[0].last_missing == SequenceNumber{2});
  CHECK(gaps[0].waiting == 1);
  CHECK_FALSE(gaps[0].skipped_at);

  gaps.clear();
  must(reader->gaps("D", true, keep));
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].skipped_at == noon);
  CHECK(gaps[0].waiting == 0);
}

TEST_CASE_TEMPLATE("reader: tells where the journal stands", Subject, READERS) {
  const Worn<Subject> worn;
  const auto journal_status = worn.read()->status(1, noon).value();
  CHECK(journal_status.state_counts.of(DeliveryState::completed) == 8);
  CHECK(journal_status.state_counts.of(DeliveryState::pending) == 3);
  CHECK(journal_status.last_position == Position{14});
  CHECK(journal_status.blocked_lanes == 1);
  CHECK(journal_status.behind_dead == 1);
  CHECK(journal_status.gapped_entities == 1);
  CHECK(journal_status.behind_gaps == 1);
  CHECK(journal_status.unknown == 1);
  CHECK(journal_status.next_due == noon);
  CHECK(journal_status.oldest_pending == noon);
  CHECK(journal_status.journal_bytes > 0);
  CHECK_FALSE(journal_status.owned);
  REQUIRE(journal_status.hosts.size() == 1);
  CHECK(journal_status.hosts[0].host == "a.test");
  CHECK(journal_status.hosts[0].pending == 3);
  CHECK(journal_status.hosts[0].retry_wait == 2);
  CHECK(journal_status.hosts[0].dead_letter == 1);
}

TEST_CASE_TEMPLATE("reader: journal health is the part of the journal status that monitors look at", Subject,
                   READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  const auto journal_status = reader->status(1, noon).value();
  const auto health = reader->health().value();
  CHECK(health.blocked_lanes == journal_status.blocked_lanes);
  CHECK(health.gapped_entities == journal_status.gapped_entities);
  REQUIRE(health.oldest_pending);
  CHECK(health.oldest_pending == journal_status.oldest_pending);
  CHECK(health.journal_bytes == journal_status.journal_bytes);
  CHECK(health.wal_bytes == journal_status.wal_bytes);
}

TEST_CASE_TEMPLATE("reader: a replay may move though a dead letter of an earlier generation stands before it",
                   Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "e1"}, {.id = "e2"}, {.id = "e3"}});
  for (const int position : {1, 2, 3}) attempt(*journal, position, Transition::succeed);
  // e1 is replayed and dies; e3 is replayed later.
  CHECK(replay(*journal, {delivery(*journal, 1).key}) == 1);
  const auto again = journal->scan(first_queue, Position{0}, 2).value().at(1);
  REQUIRE(again.key.generation == 1);
  attempt(*journal, again, Transition::bury);
  CHECK(replay(*journal, {delivery(*journal, 3).key}) == 1);
  const auto reader = subject.read();
  CHECK(reader->status(1, noon).value().movable == 1);
  // In its own generation it blocks what is above it.
  CHECK(replay(*journal, {delivery(*journal, 2).key}) == 1);
  CHECK(reader->status(1, noon).value().movable == 2);
}

TEST_CASE_TEMPLATE("reader: knows whether a dispatcher owns the journal and does not get in its way", Subject,
                   READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  {
    const auto owner = worn.subject().roster();
    REQUIRE(owner->join().value().won.any());
    CHECK(reader->status(1, noon).value().owned);
  }
  CHECK_FALSE(reader->status(1, noon).value().owned);
}

TEST_CASE_TEMPLATE("reader: sees what is committed while it is open", Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  const auto reader = subject.read();
  CHECK(events(*reader, {}).empty());
  append(*journal, {.id = "x"});
  CHECK(events(*reader, {}) == Ids{"x"});
}

TEST_CASE_TEMPLATE("reader: lists the events that nothing delivers", Subject, READERS) {
  Worn<Subject> worn;
  CHECK(worn.read()->status(0, noon).value().unmatched == 0);
  worn.subscribe();
  const auto reader = worn.read();
  CHECK(events(*reader, {.unmatched = true}) == Ids{"nobody"});
  CHECK(reader->status(0, noon).value().unmatched == 1);
}

TEST_CASE_TEMPLATE("reader: says whose a delivery is", Subject, READERS) {
  Worn<Subject> worn;
  worn.subscribe();
  const auto reader = worn.read();
  Ids whose;
  const auto event = reader->event("s1").value().value();
  for (const auto& delivery : event.deliveries) whose.push_back(delivery.subscription);
  CHECK(whose == Ids{"shop", "shop", "gone"});  // the second is a replay, and gone is removed
  CHECK(event.deliveries.at(1).key.generation == 1);
  CHECK(event.deliveries.at(1).destination == "http://t.test/moved");
  const auto attempts = reader->attempts("s1").value();
  CHECK(attempts.size() == 2);
  for (const auto& attempt : attempts) CHECK(attempt.subscription != "");
  CHECK(reader->event("a1").value()->deliveries.at(0).subscription == "");
}

TEST_CASE_TEMPLATE(
    "reader: lists subscriptions with what became of their deliveries and without their secrets", Subject,
    READERS) {
  Worn<Subject> worn;
  worn.subscribe();
  std::vector<SubscriptionRecord> records;
  const auto reader = worn.read();
  must(reader->subscriptions([&](const SubscriptionRecord& record) {
    records.push_back(record);
    return true;
  }));
  REQUIRE(records.size() == 2);
  const auto& shop = records.at(0);
  CHECK(shop.subscription.id == "shop");
  CHECK(shop.subscription.url == "http://t.test/moved");
  CHECK(shop.subscription.pause_reason == "it answered 410");
  CHECK(shop.subscription.secrets.empty());
  CHECK(shop.secrets == std::vector<std::optional<WallTime>>{std::nullopt, noon});
  CHECK(shop.state_counts.of(DeliveryState::completed) == 1);
  CHECK(shop.state_counts.of(DeliveryState::retry_wait) == 1);
  CHECK(shop.state_counts.of(DeliveryState::pending) == 1);
  CHECK(records.at(1).subscription.id == "late");
  CHECK(records.at(1).state_counts.of(DeliveryState::pending) == 2);
}

TEST_CASE_TEMPLATE("reader: gathers what goes to one host for several subscriptions", Subject, READERS) {
  Worn<Subject> worn;
  worn.subscribe();
  const auto journal_status = worn.read()->status(10, noon).value();
  const auto at = std::count_if(journal_status.hosts.begin(), journal_status.hosts.end(),
                                [](const HostRecord& host) { return host.host == "s.test"; });
  CHECK(at == 1);
}

TEST_CASE_TEMPLATE("reader: lists the latest of what is done for a replay", Subject, READERS) {
  Worn<Subject> worn;
  worn.subscribe();
  const auto reader = worn.read();
  const auto done = [&](const FinalSelection& selection) {
    Ids ids;
    must(reader->final_deliveries(selection, [&](const FinalDeliveryRecord& record) {
      ids.push_back(
          fmt::format("{}/{}/{}", record.event_id, record.key.queue.value(), record.key.generation));
      return true;
    }));
    return ids;
  };
  // a1 and a2 were replayed, and s1 too, which waits; the removal of "gone" left its deliveries failed.
  CHECK(done({}) == Ids{"a1/1/2", "a1/2/0", "a1/5/0", "a2/1/2", "a3/1/0", "a5/1/0", "c1/1/0", "d1/1/0",
                        "d4/1/0", "a4/1/0", "s1/4/0", "s2/4/0"});
  CHECK(done({.subscription = SubscriptionNo{3}}) == Ids{"a1/5/0"});
  CHECK(done({.subscription = SubscriptionNo{1}}).empty());
  CHECK(done({.subscription = SubscriptionNo{0}, .state = DeliveryState::failed}) == Ids{"c1/1/0"});
  CHECK(done({.since = noon + std::chrono::seconds{1}}).empty());
  CHECK(done({.until = noon}).empty());
  CHECK(done({.since = noon, .until = noon + std::chrono::seconds{1}}).size() == 12);
}

TEST_CASE_TEMPLATE("reader: gives a rejected line whole though it is cleared meanwhile", Subject, READERS) {
  for (const std::size_t bytes : {300'000, 8'000'031}) {
    Subject subject;
    const auto journal = subject.open();
    const std::string whole = queue_long_line(*journal, bytes);
    const auto reader = subject.read();
    std::string given;
    const auto found = reader->reject_text(1, [&](std::string_view piece) {
      if (given.empty()) {
        auto transaction = journal->begin().value();
        CHECK(transaction->clear_rejects({}, noon, 10).value().lines == 1);
        must(transaction->commit());
      }
      given += piece;
      return true;
    });
    CHECK(found.value());
    CHECK(given == whole);
    CHECK_FALSE(reader->reject_text(1, [](std::string_view) { return true; }).value());
  }
}

TEST_CASE_TEMPLATE("reader: a page of dead letters shows one moment", Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  for (const char* entity : {"A", "B"})
    append_all(*journal, {{.id = entity + std::string{"1"}, .entity = entity},
                          {.id = entity + std::string{"2"}, .entity = entity}});
  attempt(*journal, 1, Transition::bury);
  attempt(*journal, 3, Transition::bury);
  std::vector<std::int64_t> waiting;
  must(subject.read()->dead_letters({}, [&](const DeadLetterRecord& dead) {
    waiting.push_back(dead.waiting);
    if (waiting.size() > 1) return true;
    auto transaction = journal->begin().value();
    const DeliveryKey behind = delivery(*journal, 4).key;
    CHECK(transaction->cancel({&behind, 1}, noon).value() == 1);
    must(transaction->commit());
    return true;
  }));
  CHECK(waiting == std::vector<std::int64_t>{1, 1});
}

namespace {

struct Looked {
  Ids ids;
  std::int64_t until = 0;  ///< what all() returned
  bool operator==(const Looked&) const = default;
};

Looked look(const JournalReader& reader, std::int64_t after, const TypeFilter& meant,
            std::size_t limit = 100) {
  Looked looked;
  looked.until = reader
                     .all(Position{after}, meant, limit,
                          [&](const EventRecord& event) {
                            looked.ids.push_back(event.event_id);
                            return true;
                          })
                     .value()
                     .value();
  return looked;
}

Ids stream(const JournalReader& reader, std::string_view entity, std::int64_t from, std::int64_t to) {
  Ids ids;
  must(reader.stream(entity, SequenceNumber{from}, SequenceNumber{to}, [&](const EventRecord& event) {
    ids.push_back(event.event_id);
    return true;
  }));
  return ids;
}

constexpr auto last_number = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE_TEMPLATE("reader: gives a stream by sequence number between two numbers", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  CHECK(stream(*reader, "A", 0, last_number) == Ids{"a1", "a2", "a3", "a4", "a5"});
  CHECK(stream(*reader, "A", 2, 4) == Ids{"a2", "a3", "a4"});
  CHECK(stream(*reader, "A", 5, 5) == Ids{"a5"});
  CHECK(stream(*reader, "A", 4, 2).empty());
  CHECK(stream(*reader, "A", 6, last_number).empty());
  CHECK(stream(*reader, "D", 1, last_number) == Ids{"d1", "d4"});  // 2 and 3 have not arrived
  CHECK(stream(*reader, "nobody", 0, last_number).empty());
}

TEST_CASE_TEMPLATE("reader: gives the events of a stream as they came", Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  const auto trace =
      tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
  append(*journal, {.id = "x",
                    .entity = "E",
                    .sequence = 7,
                    .payload = R"({"n": 1})",
                    .type = "order.paid",
                    .own_url = "http://a.test/own",
                    .source = "shop",
                    .time = "2026-11-21T07:00:00Z",
                    .correlation_id = "c-1",
                    .causation_id = "c-0",
                    .headers = R"({"x":"y"})",
                    .trace = trace});
  std::vector<EventRecord> events;
  const auto keep = [&](const EventRecord& event) {
    events.push_back(event);
    return true;
  };
  const auto reader = subject.read();
  must(reader->stream("E", SequenceNumber{7}, SequenceNumber{7}, keep));
  must(reader->all(Position{0}, {}, 1, keep));
  REQUIRE(events.size() == 2);
  for (const auto& event : events) {
    CHECK(event.position == Position{1});
    CHECK(event.event_id == "x");
    CHECK(event.entity_id == "E");
    CHECK(event.sequence == SequenceNumber{7});
    CHECK(event.type == "order.paid");
    CHECK(event.source == "shop");
    CHECK(event.time == "2026-11-21T07:00:00Z");
    CHECK(event.correlation_id == "c-1");
    CHECK(event.causation_id == "c-0");
    CHECK(event.headers == R"({"x":"y"})");
    CHECK(event.own_url == "http://a.test/own");
    CHECK(event.accepted_at == noon);
    CHECK(event.payload == R"({"n": 1})");
    CHECK(event.payload_bytes == 8);
    CHECK(event.trace == trace);
  }
}

TEST_CASE_TEMPLATE("reader: gives all events by position and says how far it has looked", Subject, READERS) {
  Subject subject;
  append_all(*subject.open(), of_types({"a", "b", "", "a"}));
  const auto reader = subject.read();
  CHECK(look(*reader, 0, {}) == Looked{{"e1", "e2", "e3", "e4"}, 4});
  CHECK(look(*reader, 2, {}) == Looked{{"e3", "e4"}, 4});
  CHECK(look(*reader, 0, {}, 3) == Looked{{"e1", "e2", "e3"}, 3});
  CHECK(look(*reader, 1, {}, 0) == Looked{{}, 1});
  CHECK(look(*reader, 4, {}) == Looked{{}, 4});
  CHECK(look(*reader, 9, {}) == Looked{{}, 9});
  CHECK(reader->last_position().value() == Position{4});
  int seen = 0;
  const auto stopped = reader->all(Position{0}, {}, 100, [&](const EventRecord&) { return ++seen < 2; });
  CHECK(stopped.value() == Position{2});
  CHECK(seen == 2);
}

TEST_CASE_TEMPLATE("reader: has no last position where there is no event", Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  const auto reader = subject.read();
  CHECK(reader->last_position().value() == Position{0});
  CHECK(look(*reader, 0, {}) == Looked{{}, 0});
  append(*journal, {.id = "x"});
  CHECK(reader->last_position().value() == Position{1});
}

TEST_CASE_TEMPLATE("reader: gives the events of the types that are meant", Subject, READERS) {
  Subject subject;
  append_all(*subject.open(),
             of_types({"order", "order.added", "Order.added", "order.item.added", "paid", "", "orderly"}));
  const auto reader = subject.read();
  CHECK(look(*reader, 0, {.types = {"paid", "order"}}) == Looked{{"e1", "e5"}, 7});
  CHECK(look(*reader, 0, {.prefixes = {"order."}}) == Looked{{"e2", "e4"}, 7});
  CHECK(look(*reader, 0, {.prefixes = {"order"}}) == Looked{{"e2", "e4", "e7"}, 7});
  CHECK(look(*reader, 0, {.types = {"paid"}, .prefixes = {"Order."}}) == Looked{{"e3", "e5"}, 7});
  CHECK(look(*reader, 0, {.types = {"paid", "order"}}, 1) == Looked{{"e1"}, 1});
  CHECK(look(*reader, 0, {.types = {"none"}}) == Looked{{}, 7});
  CHECK(look(*reader, 0, {.types = {""}}) == Looked{{}, 7});  // no type is none
}

TEST_CASE_TEMPLATE("reader: gives a stream and all events over more than a page", Subject, READERS) {
  Subject subject;
  const auto journal = subject.open();
  constexpr int count = 1'300;
  append_all(*journal, odd_and_even(count));
  append_all(*journal, large(7));

  const auto reader = subject.read();
  const auto ids = stream(*reader, "E", 1, last_number);
  REQUIRE(ids.size() == count);
  CHECK(ids.front() == "e1");
  CHECK(ids.back() == "e1300");
  CHECK(stream(*reader, "L", 1, last_number) == Ids{"l1", "l2", "l3", "l4", "l5", "l6", "l7"});
  const auto even = look(*reader, 0, {.types = {"even"}}, 10'000);
  CHECK(even.ids.size() == count / 2 + 7);
  CHECK(even.until == count + 7);
  CHECK(look(*reader, 0, {}, 1'000).until == 1'000);
}

TEST_CASE_TEMPLATE("reader: may be asked again for each row that it gives", Subject, READERS) {
  const Worn<Subject> worn;
  const auto reader = worn.read();
  Ids ids;
  must(reader->all(Position{0}, {}, 3, [&](const EventRecord& event) {
    ids.push_back(reader->event(event.event_id).value()->event_id);
    return true;
  }));
  must(reader->stream("A", SequenceNumber{1}, SequenceNumber{2}, [&](const EventRecord& event) {
    const auto all = events(*reader, {.after = event.position, .limit = 1});
    ids.insert(ids.end(), all.begin(), all.end());
    return true;
  }));
  CHECK(ids == Ids{"a1", "a2", "a3", "a2", "a3"});
}
