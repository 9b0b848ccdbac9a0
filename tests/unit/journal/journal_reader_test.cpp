#include "journal/journal_reader.hpp"

#include "journal/sqlite/locks/ownership.hpp"
#include "unit/journal/damage.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>
#include <filesystem>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

using Ids = std::vector<std::string>;

namespace {

Ids events(const JournalReader& reader, const EventFilter& filter) {
  Ids ids;
  must(reader.events(filter, [&](const EventRecord& event) {
    ids.push_back(event.event_id);
    return true;
  }));
  return ids;
}

JournalReader open(const WornJournal& worn) {
  return JournalReader::open(worn.path()).value();
}

}  // namespace

TEST_CASE("the journal reader lists events by position") {
  const WornJournal worn;
  const auto reader = open(worn);
  CHECK(events(reader, {}) ==
        Ids{"a1", "a2", "a3", "a5", "b1", "b2", "c1", "c2", "d1", "d4", "e3", "alone", "waiting", "a4"});
}

TEST_CASE("the journal reader lists the events of one entity by sequence number") {
  const WornJournal worn;
  const auto reader = open(worn);
  CHECK(events(reader, {.entity = "A"}) == Ids{"a1", "a2", "a3", "a4", "a5"});
  CHECK(events(reader, {.entity = "nobody"}).empty());
}

TEST_CASE("the journal reader goes on behind an event and stops at a limit") {
  const WornJournal worn;
  const auto reader = open(worn);
  CHECK(events(reader, {.after = Position{12}}) == Ids{"waiting", "a4"});
  CHECK(events(reader, {.after = Position{3}, .limit = 2}) == Ids{"a5", "b1"});
  CHECK(events(reader, {.entity = "A", .after = Position{14}}) == Ids{"a5"});
  const auto other =
      reader.events({.entity = "A", .after = Position{5}}, [](const EventRecord&) { return true; });
  CHECK(other.error().failure == Failure::usage);
}

TEST_CASE("the journal reader lists events by the state of their deliveries") {
  const WornJournal worn;
  const auto reader = open(worn);
  CHECK(events(reader, {.state = DeliveryState::dead_letter}) == Ids{"b1"});
  CHECK(events(reader, {.state = DeliveryState::retry_wait}) == Ids{"c2", "alone"});
  CHECK(events(reader, {.state = DeliveryState::pending}) == Ids{"b2", "e3", "waiting"});
  CHECK(events(reader, {.state = DeliveryState::failed}) == Ids{"c1"});
  CHECK(events(reader, {.state = DeliveryState::in_flight}).empty());
}

TEST_CASE("the journal reader lists events by the correlation id that they share across entities and pages") {
  SqliteSubject subject;
  const auto journal = subject.open();
  constexpr int pairs = 600;
  std::vector<Line> lines{{.id = "other", .correlation_id = "c"}, {.id = "c"}};
  for (int i = 0; i < pairs; ++i) {
    lines.push_back({.id = fmt::format("a{}", i), .entity = "A", .correlation_id = "shared"});
    lines.push_back({.id = fmt::format("b{}", i), .entity = "B", .correlation_id = "shared"});
  }
  append_all(*journal, lines);
  const auto reader = JournalReader::open(subject.path()).value();
  const auto shared = events(reader, {.correlation = "shared"});
  REQUIRE(shared.size() == 2 * pairs);
  CHECK(shared.front() == "a0");
  CHECK(shared.back() == "b599");
  CHECK(events(reader, {.entity = "B", .correlation = "shared"}).size() == pairs);
  CHECK(events(reader, {.correlation = "c"}) == Ids{"other"});
  CHECK(events(reader, {.correlation = "shared", .limit = 2}) == Ids{"a0", "b0"});
  CHECK(events(reader, {.correlation = "nobody"}).empty());
}

TEST_CASE("the journal reader lists events by type and by when they were accepted") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "x", .type = "placed"}, {.id = "y", .type = "paid"}});
  const auto reader = JournalReader::open(subject.path()).value();
  const auto tick = std::chrono::microseconds{1};
  CHECK(events(reader, {.type = "paid"}) == Ids{"y"});
  CHECK(events(reader, {.since = noon}).size() == 2);
  CHECK(events(reader, {.since = noon + tick}).empty());
  CHECK(events(reader, {.until = noon}).empty());
  CHECK(events(reader, {.until = noon + tick}).size() == 2);
}

TEST_CASE("the journal reader lists the events with an attempt whose outcome is unknown") {
  const WornJournal worn;
  CHECK(events(open(worn), {.unknown = true}) == Ids{"c2"});
}

TEST_CASE("the journal reader lists more events than a page holds and stops when told") {
  SqliteSubject subject;
  const auto journal = subject.open();
  std::vector<Line> lines;
  for (int i = 0; i < 1'500; ++i) lines.push_back({.id = "e" + std::to_string(i), .entity = std::nullopt});
  append_all(*journal, lines);
  const auto reader = JournalReader::open(subject.path()).value();
  CHECK(events(reader, {}).size() == 1'500);
  CHECK(events(reader, {.state = DeliveryState::pending, .limit = 700}).size() == 700);
  int seen = 0;
  must(reader.events({}, [&](const EventRecord& event) {
    CHECK(event.deliveries.size() == 1);
    return ++seen < 600;
  }));
  CHECK(seen == 600);
}

TEST_CASE("the journal reader shows all of one event") {
  const WornJournal worn;
  const auto reader = open(worn);
  const auto event = reader.event("a1").value();
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
  CHECK_FALSE(reader.event("none").value());
}

TEST_CASE("the journal reader tells every attempt of an event in order") {
  const WornJournal worn;
  const auto attempts = open(worn).attempts("a2").value();
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].number == 1);
  CHECK(attempts[0].ended->status == 500);
  CHECK(attempts[1].number == 2);
  CHECK(attempts[1].ended->status == 200);  // a plain success, which has no row of its own
  CHECK(open(worn).attempts("none").value().empty());
}

TEST_CASE("the journal reader tells of the attempt under way") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "x"});
  begin(*journal, delivery(*journal, 1));
  const auto attempts = JournalReader::open(subject.path()).value().attempts("x").value();
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].number == 1);
  CHECK(attempts[0].began_at == noon);
  CHECK_FALSE(attempts[0].ended);
}

TEST_CASE("the journal reader tells why something is dead and what waits behind it") {
  const WornJournal worn;
  const auto reader = open(worn);
  std::vector<DeadLetterRecord> dead;
  const auto keep = [&](const DeadLetterRecord& one) {
    dead.push_back(one);
    return true;
  };
  must(reader.dead_letters({}, keep));
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].event_id == "b1");
  CHECK(dead[0].attempts == 2);
  CHECK(dead[0].since == noon);
  CHECK(dead[0].waiting == 1);
  REQUIRE(dead[0].last);
  CHECK(dead[0].last->status == 500);
  must(reader.dead_letters({.entities = {"A"}}, keep));
  must(reader.dead_letters({.events = {"b2"}}, keep));
  CHECK(dead.size() == 1);
}

TEST_CASE("the journal reader lists more dead letters than a page holds each once") {
  SqliteSubject subject;
  const auto journal = subject.open();
  std::vector<Line> lines;
  for (int i = 0; i < 600; ++i) {
    lines.push_back({.id = "e" + std::to_string(i), .entity = std::nullopt});
    if (i % 2 != 0) lines.back().urls = {"http://b.test/hook"};
  }
  append_all(*journal, lines);
  SQLite::Database{subject.path(), SQLite::OPEN_READWRITE}.exec(
      "UPDATE deliveries SET state = 3, state_at = position % 7");
  const auto reader = JournalReader::open(subject.path()).value();
  Ids dead;
  must(reader.dead_letters({}, [&](const DeadLetterRecord& one) {
    dead.push_back(one.event_id);
    return true;
  }));
  CHECK(dead.size() == 600);
  std::sort(dead.begin(), dead.end());
  CHECK(std::adjacent_find(dead.begin(), dead.end()) == dead.end());

  int whole = 0;
  must(reader.dead_events({}, [&](const EventRecord& event) {
    whole += event.payload == "{}" ? 1 : 0;
    return true;
  }));
  CHECK(whole == 600);
}

TEST_CASE("the journal reader lists gaps and what waits behind them") {
  const WornJournal worn;
  const auto reader = open(worn);
  std::vector<GapRecord> gaps;
  const auto keep = [&](const GapRecord& gap) {
    gaps.push_back(gap);
    return true;
  };
  must(reader.gaps({}, false, keep));
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].entity_id == "E");
  CHECK(gaps[0].first_missing == SequenceNumber{1});
  CHECK(gaps[0].last_missing == SequenceNumber{2});
  CHECK(gaps[0].waiting == 1);
  CHECK_FALSE(gaps[0].skipped_at);

  gaps.clear();
  must(reader.gaps("D", true, keep));
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].skipped_at == noon);
  CHECK(gaps[0].waiting == 0);
}

TEST_CASE("the journal reader tells where the journal stands") {
  const WornJournal worn;
  const auto journal_status = open(worn).status(1, noon).value();
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

TEST_CASE("journal health is the part of the journal status that monitors look at") {
  const WornJournal worn;
  const auto reader = open(worn);
  const auto journal_status = reader.status(1, noon).value();
  const auto health = reader.health().value();
  CHECK(health.blocked_lanes == journal_status.blocked_lanes);
  CHECK(health.gapped_entities == journal_status.gapped_entities);
  REQUIRE(health.oldest_pending);
  CHECK(health.oldest_pending == journal_status.oldest_pending);
  CHECK(health.journal_bytes == journal_status.journal_bytes);
  CHECK(health.wal_bytes == journal_status.wal_bytes);
}

TEST_CASE("the log has its size also where the journal is reached through a link") {
  const WornJournal worn;
  const TempDir elsewhere;
  const std::string link = elsewhere / "linked.db";
  std::filesystem::create_symlink(worn.path(), link);
  const auto reader = JournalReader::open(link).value();
  const auto bytes = std::filesystem::file_size(worn.path() + "-wal");
  CHECK(bytes > 0);
  CHECK(reader.status(1, noon).value().wal_bytes == bytes);
  CHECK(reader.health().value().wal_bytes == bytes);
}

TEST_CASE("a replay may move though a dead letter of an earlier generation stands before it") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "e1"}, {.id = "e2"}, {.id = "e3"}});
  for (const int position : {1, 2, 3}) attempt(*journal, position, Transition::succeed);
  // e1 is replayed and dies; e3 is replayed later.
  CHECK(replay(*journal, {delivery(*journal, 1).key}) == 1);
  const auto again = journal->scan(first_queue, Position{0}, 2).value().at(1);
  REQUIRE(again.key.generation == 1);
  attempt(*journal, again, Transition::bury);
  CHECK(replay(*journal, {delivery(*journal, 3).key}) == 1);
  const auto reader = JournalReader::open(subject.path()).value();
  CHECK(reader.status(1, noon).value().movable == 1);
  // In its own generation it blocks what is above it.
  CHECK(replay(*journal, {delivery(*journal, 2).key}) == 1);
  CHECK(reader.status(1, noon).value().movable == 2);
}

TEST_CASE("the journal reader counts what is pending below where a run would begin") {
  WornJournal worn;
  worn.damage(
      "UPDATE delivery_queues SET low_position = 12; UPDATE progress SET last_wake = (SELECT max(action_no) "
      "FROM "
      "actions)");
  const auto journal_status = open(worn).status(5, noon).value();
  REQUIRE(journal_status.hosts.size() == 1);
  CHECK(journal_status.hosts[0].pending == journal_status.state_counts.of(DeliveryState::pending));
}

TEST_CASE("the journal reader knows whether a dispatcher owns the journal and does not get in its way") {
  const WornJournal worn;
  const auto reader = open(worn);
  {
    const auto owner = Ownership::try_take(worn.path()).value();
    REQUIRE(owner);
    CHECK(reader.status(1, noon).value().owned);
  }
  CHECK_FALSE(reader.status(1, noon).value().owned);
}

TEST_CASE("the journal reader sees what is committed while it is open") {
  SqliteSubject subject;
  const auto journal = subject.open();
  const auto reader = JournalReader::open(subject.path()).value();
  CHECK(events(reader, {}).empty());
  append(*journal, {.id = "x"});
  CHECK(events(reader, {}) == Ids{"x"});
}

TEST_CASE("the journal reader lists the events that nothing delivers") {
  WornJournal worn;
  CHECK(open(worn).status(0, noon).value().unmatched == 0);
  worn.subscribe();
  const auto reader = open(worn);
  CHECK(events(reader, {.unmatched = true}) == Ids{"nobody"});
  CHECK(reader.status(0, noon).value().unmatched == 1);
}

TEST_CASE("the journal reader says whose a delivery is") {
  WornJournal worn;
  worn.subscribe();
  const auto reader = open(worn);
  Ids whose;
  const auto event = reader.event("s1").value().value();
  for (const auto& delivery : event.deliveries) whose.push_back(delivery.subscription);
  CHECK(whose == Ids{"shop", "shop", "gone"});  // the second is a replay, and gone is removed
  CHECK(event.deliveries.at(1).key.generation == 1);
  CHECK(event.deliveries.at(1).destination == "http://t.test/moved");
  const auto attempts = reader.attempts("s1").value();
  CHECK(attempts.size() == 2);
  for (const auto& attempt : attempts) CHECK(attempt.subscription != "");
  CHECK(reader.event("a1").value()->deliveries.at(0).subscription == "");
}

TEST_CASE(
    "the journal reader lists subscriptions with what became of their deliveries and without their secrets") {
  WornJournal worn;
  worn.subscribe();
  std::vector<SubscriptionRecord> records;
  const auto reader = open(worn);
  must(reader.subscriptions([&](const SubscriptionRecord& record) {
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

TEST_CASE("the journal reader gathers what goes to one host for several subscriptions") {
  WornJournal worn;
  worn.subscribe();
  const auto journal_status = open(worn).status(10, noon).value();
  const auto at = std::count_if(journal_status.hosts.begin(), journal_status.hosts.end(),
                                [](const HostRecord& host) { return host.host == "s.test"; });
  CHECK(at == 1);
}

TEST_CASE("the journal reader lists the latest of what is done for a replay") {
  WornJournal worn;
  worn.subscribe();
  const auto reader = open(worn);
  const auto done = [&](const FinalSelection& selection) {
    Ids ids;
    must(reader.final_deliveries(selection, [&](const FinalDeliveryRecord& record) {
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

TEST_CASE("the journal reader refuses what is no journal of ours") {
  const TempDir dir;
  CHECK(JournalReader::open(dir / "none.db").error().failure == Failure::usage);
  CHECK(
      JournalReader::open(dir.write("text", "this is not a database, however long it is")).error().failure ==
      Failure::unavailable);
  SQLite::Database{dir / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec("CREATE TABLE t (x)");
  CHECK(JournalReader::open(dir / "other.db").error().failure == Failure::unavailable);
}

namespace {

/// A line of so many bytes, queued in pieces; returns its text.
std::string queue_long_line(Journal& journal, std::size_t bytes) {
  std::string whole;
  for (std::size_t i = 0; whole.size() < bytes; ++i) whole += fmt::format("{:07} ", i);
  whole.resize(bytes);
  constexpr std::size_t piece_bytes = 65'536;
  auto transaction = journal.begin().value();
  for (std::size_t at = 0; at < bytes; at += piece_bytes) {
    const RejectedLine piece{.file = "a.jsonl",
                             .line = 1,
                             .reason = "too long",
                             .text = std::string_view{whole}.substr(at, piece_bytes),
                             .first = at == 0,
                             .last = at + piece_bytes >= bytes};
    CHECK(transaction->queue_rejects({&piece, 1}, {1'000, 100'000'000}, noon).value() == 1);
  }
  must(transaction->commit());
  return whole;
}

}  // namespace

TEST_CASE("the journal reader gives a rejected line whole though it is cleared meanwhile") {
  for (const std::size_t bytes : {300'000, 8'000'031}) {
    SqliteSubject subject;
    const auto journal = subject.open();
    const std::string whole = queue_long_line(*journal, bytes);
    const auto reader = JournalReader::open(subject.path()).value();
    std::string given;
    const auto found = reader.reject_text(1, [&](std::string_view piece) {
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
    CHECK_FALSE(reader.reject_text(1, [](std::string_view) { return true; }).value());
  }
}

TEST_CASE("a slow reader of a long rejected line holds no checkpoint back") {
  SqliteSubject subject;
  const auto journal = SqliteJournal::open(subject.path(), {}).value();
  queue_long_line(*journal, 3'000'000);
  const auto reader = JournalReader::open(subject.path()).value();
  int pieces = 0;
  CHECK(reader
            .reject_text(1,
                         [&](std::string_view) {
                           append(*journal, {.id = fmt::format("e{}", pieces)});
                           must(journal->checkpoint());
                           CHECK(std::filesystem::file_size(subject.path() + "-wal") == 0);
                           return ++pieces < 3;
                         })
            .value());
  CHECK(pieces == 3);
}

TEST_CASE("a page of dead letters shows one moment") {
  SqliteSubject subject;
  const auto journal = subject.open();
  for (const char* entity : {"A", "B"})
    append_all(*journal, {{.id = entity + std::string{"1"}, .entity = entity},
                          {.id = entity + std::string{"2"}, .entity = entity}});
  attempt(*journal, 1, Transition::bury);
  attempt(*journal, 3, Transition::bury);
  std::vector<std::int64_t> waiting;
  must(JournalReader::open(subject.path()).value().dead_letters({}, [&](const DeadLetterRecord& dead) {
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
