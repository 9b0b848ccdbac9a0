// What the SQLite journal writes that the seam does not show: the attempts, the trail, the numbers of turns.

#include "journal/sqlite/reading/lane_reader.hpp"
#include "unit/journal/subscribed.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>
#include <sqlite3.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// The rows of a query as text, columns divided by "|".
std::vector<std::string> rows(const SqliteSubject& subject, const std::string& sql) {
  SQLite::Database database{subject.path()};
  SQLite::Statement statement{database, sql};
  std::vector<std::string> rows;
  while (statement.executeStep()) {
    auto& row = rows.emplace_back();
    for (int i = 0; i < statement.getColumnCount(); ++i)
      row += (i ? "|" : "") + statement.getColumn(i).getString();
  }
  return rows;
}

using Rows = std::vector<std::string>;

void settle(Journal& journal, std::int64_t position, Transition by, const Outcome& outcome) {
  auto transaction = journal.begin().value();
  const Settlement settlement{
      .key = delivery(journal, position).key, .by = by, .due = noon, .at = noon, .outcome = &outcome};
  must(transaction->settle({&settlement, 1}));
  must(transaction->commit());
}

}  // namespace

TEST_CASE("rows: a plain success stands in the delivery alone") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  begin(*journal, delivery(*journal, 1), noon);
  Outcome outcome = answered(204);
  outcome.address = "192.0.2.1";
  outcome.timings = {.name_resolved = 10us, .connected = 20us, .tls_ready = {}, .first_byte = 900us};
  settle(*journal, 1, Transition::succeed, outcome);
  CHECK(rows(subject, "SELECT count(*) FROM attempts") == Rows{"0"});
  CHECK(rows(subject,
             "SELECT state, state_at, attempts, began_at, began_turn, ended_turn, took, status"
             " FROM deliveries") == Rows{"4||1|1700000000000000|2|3|3000|204"});
  CHECK(rows(subject, "SELECT attempt, outcome, status, address, timings FROM attempt_history") ==
        Rows{"1|0|204|192.0.2.1|10,20,,900"});
}

TEST_CASE("rows: a success whose answer had a body is an attempt with its first bytes") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  begin(*journal, delivery(*journal, 1), noon);
  Outcome outcome = answered(200);
  outcome.address = "192.0.2.1";
  outcome.excerpt = "thank you";
  settle(*journal, 1, Transition::succeed, outcome);
  CHECK(rows(subject, "SELECT state, address IS NULL FROM deliveries") == Rows{"4|1"});
  CHECK(rows(subject, "SELECT attempt, status, address, excerpt FROM attempts") ==
        Rows{"1|200|192.0.2.1|thank you"});
  CHECK(rows(subject, "SELECT attempt, status FROM attempt_history") == Rows{"1|200"});
}

TEST_CASE("rows: every other end is an attempt with all that is known of it") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  begin(*journal, delivery(*journal, 1), noon);
  Outcome outcome = answered(503);
  outcome.error = "503 Service Unavailable";
  outcome.address = "192.0.2.1:443";
  outcome.excerpt = "come back later";
  outcome.timings = {.name_resolved = 10us, .connected = 20us, .tls_ready = {}, .first_byte = 900us};
  settle(*journal, 1, Transition::retry, outcome);
  CHECK(rows(subject,
             "SELECT attempt, began_at, began_turn, ended_turn, took, outcome, status, error, address,"
             " timings, excerpt FROM attempts") ==
        Rows{"1|1700000000000000|2|3|3000|0|503|503 Service Unavailable|192.0.2.1:443|10,20,,900|come back "
             "later"});
  attempt(*journal, 1, Transition::succeed);
  CHECK(rows(subject, "SELECT attempt, status FROM attempt_history ORDER BY attempt") ==
        Rows{"1|503", "2|200"});
}

namespace {

/// How many steps SQLite's machine takes for it.
template <class Read>
int steps_of(SQLite::Database& database, Read read) {
  int steps = 0;
  const auto count = [](void* counted) {
    ++*static_cast<int*>(counted);
    return 0;
  };
  sqlite3_progress_handler(database.getHandle(), 1, count, &steps);
  read();
  sqlite3_progress_handler(database.getHandle(), 0, nullptr, nullptr);
  return steps;
}

}  // namespace

TEST_CASE("rows: what is open in a lane of a subscription is found without what is done in it") {
  SqliteSubject subject;
  const auto journal = subject.open();
  constexpr int events = 500;
  append_along(*journal, "first", "e", {});
  const auto one = put(*journal, plain_subscription("one"));
  for (int i = 0; i < events; ++i) append_along(*journal, std::to_string(i), "e", {route_of(one)});
  for (const auto& row : queue_of(*journal, one)) attempt(*journal, row, Transition::succeed);
  append_along(*journal, "last", "e", {route_of(one)});
  fan_out(*journal, one, {1});
  const auto queue = queue_of(*journal, one);

  SQLite::Database database{subject.path(), SQLite::OPEN_READWRITE};
  LaneReader lanes{database};
  const auto& last = queue.back();
  CHECK(steps_of(database, [&] { CHECK(lanes.predecessor(last).open == SequenceNumber{1}); }) < 200);
  CHECK(steps_of(database, [&] { CHECK(lanes.open_in_lane(last, 10).size() == 2); }) < 200);
  CHECK(steps_of(database, [&] { CHECK(lanes.head(last.key)->key == queue.front().key); }) < 200);
}

TEST_CASE("rows: the lanes of subscriptions and replays are read without the stream between") {
  SqliteSubject subject;
  const auto journal = subject.open();
  const Route direct{.url = "http://a.test/hook", .host = "a.test"};
  const auto one = put(*journal, plain_subscription("one"));
  constexpr int events = 2'000;
  {
    const std::vector<Route> routes{direct, route_of(one)};
    std::vector<std::string> ids;  // borrowed until the turn has ended, as are the arrivals
    for (int i = 0; i <= events; ++i) ids.push_back(std::to_string(i));
    std::vector<Arrival> arrivals(events + 1);
    auto transaction = journal->begin().value();
    for (int i = 1; i <= events; ++i) {
      const bool both = i == 1 || i == events;
      Arrival& arrival = arrivals[static_cast<std::size_t>(i)];
      arrival.event_id = ids[static_cast<std::size_t>(i)];
      arrival.entity_id = "e";
      arrival.routes = std::span{routes}.first(both ? 2 : 1);
      (void)transaction->append({&arrival, 1}, {}, noon).value();
      const Intent intent{.key = {.queue = first_queue, .position = Position{i}}};
      if (!both) continue;
      const Outcome outcome = answered(200);
      (void)transaction->begin({&intent, 1}, noon).value();
      const Settlement end{.key = intent.key, .due = noon, .at = noon, .outcome = &outcome};
      must(transaction->settle({&end, 1}));
    }
    must(transaction->commit());
  }
  replay(*journal, {{.queue = first_queue, .position = Position{1}},
                    {.queue = first_queue, .position = Position{events}}});

  SQLite::Database database{subject.path(), SQLite::OPEN_READWRITE};
  LaneReader lanes{database};
  const auto steps = [&](auto read) { return steps_of(database, read); };
  const auto ends = [&](const std::vector<DeliveryRow>& lane) {
    REQUIRE(lane.size() == 2);
    CHECK(steps([&] { CHECK(lanes.predecessor(lane.back()).open == SequenceNumber{1}); }) < 200);
    CHECK(steps([&] { CHECK(lanes.open_in_lane(lane.front(), 10).size() == 2); }) < 200);
    CHECK(steps([&] { CHECK(lanes.head(lane.back().key)->key == lane.front().key); }) < 200);
  };
  ends(queue_of(*journal, one));
  auto replayed = journal->scan(first_queue, Position{}, 2 * events).value();
  std::erase_if(replayed, [](const auto& row) { return row.key.generation == 0; });
  ends(replayed);
}

TEST_CASE("rows: a destination reaches down to what a fan-out brings") {
  SqliteSubject subject;
  const auto journal = subject.open();
  const Route direct{.url = "http://a.test/hook", .host = "a.test"};
  for (const char* id : {"1", "2", "3"}) append_along(*journal, id, "e", {direct});
  const auto one = put(*journal, plain_subscription("one"));
  append_along(*journal, "4", "e", {route_of(one)});
  const std::string first = "SELECT first_position FROM destinations ORDER BY destination_no";
  CHECK(rows(subject, first) == Rows{"1", "4"});
  fan_out(*journal, one, {3, 2});
  CHECK(rows(subject, first) == Rows{"1", "2"});
}

TEST_CASE("rows: what operators do to subscriptions leaves its trail and secrets go with them") {
  SqliteSubject subject;
  const auto journal = subject.open();
  auto one = plain_subscription("one");
  one.secrets = {{.text = "s", .until = std::nullopt}};
  one = put(*journal, one);
  append_along(*journal, "1", "e", {});
  one.secrets.push_back({.text = "t", .until = noon});
  put(*journal, one);
  pause(*journal, one, "why");
  resume(*journal, one);
  fan_out(*journal, one, {1});
  CHECK(rows(subject, "SELECT count(*) FROM unmatched") == Rows{"0"});
  attempt(*journal, queue_of(*journal, one).at(0), Transition::succeed);
  replay(*journal, {queue_of(*journal, one).at(0).key}, route_of(one));
  CHECK(rows(subject, "SELECT place, secret, until FROM subscription_secrets ORDER BY place") ==
        Rows{"0|s|", "1|t|1700000000000000"});
  remove(*journal, one);
  CHECK(rows(subject, "SELECT count(*) FROM subscription_secrets") == Rows{"0"});
  CHECK(rows(subject,
             "SELECT verb, turn, subscription_no, queue_no, position, generation, note FROM actions"
             " ORDER BY action_no") == Rows{"4|1|1||||", "5|3|1||||", "7|4|1||||why", "8|5|1||||",
                                            "9|6|1|1|1|0|", "10|9|1|1|1|1|", "6|10|1||||"});
}

TEST_CASE("rows: what is not known is null") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  begin(*journal, delivery(*journal, 1));
  Outcome outcome;
  outcome.kind = OutcomeKind::timeout;
  settle(*journal, 1, Transition::bury, outcome);
  CHECK(rows(subject,
             "SELECT outcome, error IS NULL, address IS NULL, timings IS NULL, excerpt IS NULL"
             " FROM attempts") == Rows{"1|1|1|1|1"});
}

TEST_CASE("rows: an orphan has an attempt of unknown outcome") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  begin(*journal, delivery(*journal, 1));
  auto transaction = journal->begin().value();
  transaction->recover(Orphans::retry, {}, noon, 10).value();
  must(transaction->commit());
  CHECK(rows(subject, "SELECT attempt, outcome, took FROM attempts WHERE outcome = 5") == Rows{"1|5|0"});
}

TEST_CASE("rows: an event keeps what its line said and null where it said nothing") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a", .payload = "{\"n\": 1.0}", .type = "made", .own_url = "http://a.test/own"});
  CHECK(rows(subject,
             "SELECT event_id, type, source IS NULL, headers IS NULL, own_url, typeof(payload), payload"
             " FROM events") == Rows{"a|made|1|1|http://a.test/own|blob|{\"n\": 1.0}"});
}

TEST_CASE("rows: what operators did is kept also where nothing waits") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a", .sequence = 3, .urls = {}});
  auto transaction = journal->begin().value();
  transaction->skip_gap("order-1", std::nullopt, noon).value();
  must(transaction->commit());
  CHECK(rows(subject, "SELECT verb, first_sequence, last_sequence, position IS NULL FROM actions") ==
        Rows{"2|1|2|1"});
  CHECK(rows(subject, "SELECT first_missing, last_missing, skipped_at FROM gaps") ==
        Rows{"1|2|1700000000000000"});
  CHECK(woken(*journal).empty());
}

TEST_CASE("rows: turns are numbered without a hole over all who write") {
  SqliteSubject subject;
  const auto mine = subject.open();
  const auto theirs = subject.open();
  append(*mine, {.id = "a"});
  append(*theirs, {.id = "b"});
  append(*theirs, {.id = "c"});
  { const auto abandoned = mine->begin().value(); }
  append(*mine, {.id = "d"});
  CHECK(rows(subject, "SELECT turn FROM progress") == Rows{"4"});
}

TEST_CASE("rows: a position is not used again after its event is gone") {
  SqliteSubject subject;
  {
    const auto journal = subject.open();
    append_all(*journal, {{.id = "a"}, {.id = "b"}});
    SQLite::Database database{subject.path(), SQLite::OPEN_READWRITE};
    database.exec("DELETE FROM deliveries WHERE position = 2; DELETE FROM events WHERE position = 2");
  }
  CHECK(append(*subject.open(), {.id = "c"}).position == Position{3});
}

TEST_CASE("rows: events cannot be changed") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a"});
  SQLite::Database database{subject.path(), SQLite::OPEN_READWRITE};
  CHECK_THROWS_AS(database.exec("UPDATE events SET payload = x''"), SQLite::Exception);
}
