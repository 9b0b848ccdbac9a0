#include "journal/sqlite/verify/verify.hpp"

#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/schema/migrations.hpp"
#include "support/journal/dead_letters.hpp"
#include "unit/journal/damage.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace dispatch;
using namespace dispatch::test;

using Names = std::vector<std::string>;

namespace {

Names after(std::string_view sql) {
  WornJournal worn;
  worn.damage(sql);
  return worn.findings();
}

/// The same with subscriptions 1 (shop), 2 (gone, removed) and 3 (late).
Names after_subscribed(std::string_view sql) {
  WornJournal worn;
  worn.subscribe();
  worn.damage(sql);
  return worn.findings();
}

/// The same with a subscription of which one delivery was not meant.
Names after_excluded(std::string_view sql) {
  WornJournal worn;
  worn.exclude();
  worn.damage(sql);
  return worn.findings();
}

/// Takes back what migration 19 brought, where everything has its row.
void make_version_18(SQLite::Database& journal) {
  journal.exec(R"(
    DROP VIEW all_deliveries;
    DROP VIEW unwritten_deliveries;
    DROP VIEW turn_log_entries;
    CREATE VIEW turn_log_entries AS
      SELECT turn, json_extract(entry.value, '$[0]') AS queue_no, json_extract(entry.value, '$[1]') AS position,
             coalesce(json_extract(entry.value, '$[2]'), 0) AS generation
        FROM turn_log, json_each(begun) entry;
    PRAGMA user_version = 18)");
}

/// And what migration 18 brought.
void make_version_17(SQLite::Database& journal) {
  make_version_18(journal);
  journal.exec(R"(
    DROP VIEW turn_log_entries;
    DROP TABLE turn_log;
    UPDATE deliveries SET state_at = began_at WHERE state = 1;
    PRAGMA user_version = 17)");
}

/// And what migration 17 renamed.
void make_version_16(SQLite::Database& journal) {
  make_version_17(journal);
  journal.exec(R"(
    ALTER TABLE state_counts RENAME TO tally;
    ALTER TABLE delivery_queues RENAME COLUMN low_watermark TO low_position;
    ALTER TABLE progress RENAME COLUMN last_wakeup TO last_wake;
    PRAGMA user_version = 16)");
}

/// And what migration 16 brought.
void make_version_15(SQLite::Database& journal) {
  make_version_16(journal);
  journal.exec(R"(
    DROP TABLE source_marks;
    ALTER TABLE delivery_queues DROP COLUMN last_wakeup;
    ALTER TABLE actions DROP COLUMN asked_destination_no;
    PRAGMA user_version = 15)");
}

/// And what migration 15 did.
void make_version_14(SQLite::Database& journal) {
  make_version_15(journal);
  journal.exec(R"(
    DROP VIEW attempt_history;
    DROP INDEX delivery_queues_by_subscription;
    ALTER TABLE delivery_queues RENAME TO outlets;
    ALTER TABLE outlets RENAME COLUMN queue_no TO outlet_no;
    ALTER TABLE destinations RENAME COLUMN queue_no TO outlet_no;
    ALTER TABLE deliveries RENAME COLUMN queue_no TO outlet_no;
    ALTER TABLE attempts RENAME COLUMN queue_no TO outlet_no;
    ALTER TABLE actions RENAME COLUMN queue_no TO outlet_no;
    CREATE UNIQUE INDEX outlets_by_subscription ON outlets (subscription_no) WHERE subscription_no > 0;
    CREATE VIEW attempt_history AS SELECT * FROM attempts;
    PRAGMA user_version = 14)");
}

/// And what migration 14 did.
void make_version_13(SQLite::Database& journal) {
  make_version_14(journal);
  journal.exec(R"(
    DROP INDEX deliveries_by_position;
    DROP INDEX entities_disordered;
    DROP INDEX rejects_open;
    CREATE INDEX rejects_open ON rejects (bytes) WHERE cleared_at IS NULL AND digest IS NOT NULL;
    PRAGMA user_version = 13)");
}

/// And what migration 13 did.
void make_version_12(SQLite::Database& journal) {
  make_version_13(journal);
  journal.exec(R"(
    ALTER TABLE deliveries DROP COLUMN made_turn;
    ALTER TABLE progress DROP COLUMN fan_outs_turn;
    PRAGMA user_version = 12)");
}

/// And what migration 12 did, where nothing of it was used.
void make_version_11(SQLite::Database& journal) {
  make_version_12(journal);
  journal.exec(R"(
    ALTER TABLE deliveries DROP COLUMN throttled_since;
    DROP TABLE throttles;
    PRAGMA user_version = 11)");
}

/// And what migration 11 did.
void make_version_10(SQLite::Database& journal) {
  make_version_11(journal);
  journal.exec(R"(
    DROP INDEX gaps_open;
    DROP INDEX gaps_open_by_stream;
    ALTER TABLE gaps DROP COLUMN skipped_by;
    PRAGMA user_version = 10)");
}

/// And what migration 10 did.
void make_version_9(SQLite::Database& journal) {
  make_version_10(journal);
  journal.exec(R"(
    DROP VIEW attempt_history;
    DROP INDEX outlets_by_subscription;
    ALTER TABLE outlets DROP COLUMN present_destination_no;
    ALTER TABLE progress DROP COLUMN lanes_turn;
    ALTER TABLE attempts DROP COLUMN destination_no;
    CREATE VIEW attempt_history AS
      SELECT outlet_no, position, generation, attempt, began_at, began_turn, ended_turn, took, outcome, status, error,
             address, timings, excerpt
        FROM attempts;
    PRAGMA user_version = 9)");
}

/// And what migration 9 did.
void make_version_8(SQLite::Database& journal) {
  make_version_9(journal);
  journal.exec(R"(
    DROP TABLE event_inputs;
    DROP TABLE inputs;
    DROP INDEX actions_by_position;
    ALTER TABLE actions DROP COLUMN quiet;
    DROP INDEX attempts_unknown;
    ALTER TABLE attempts DROP COLUMN acknowledged_at;
    CREATE INDEX attempts_unknown ON attempts (position) WHERE outcome = 5;
    PRAGMA user_version = 8)");
}

/// And what migration 8 did.
void make_version_7(SQLite::Database& journal) {
  make_version_8(journal);
  journal.exec(R"(
    DROP INDEX deliveries_open_by_lane;
    CREATE INDEX deliveries_by_lane ON deliveries (entity_no, destination_no, generation, sequence_number)
      WHERE entity_no IS NOT NULL AND (subscription_no > 0 OR generation > 0);
    PRAGMA user_version = 7)");
}

/// And what migration 7 did.
void make_version_6(SQLite::Database& journal) {
  make_version_7(journal);
  journal.exec("DROP TABLE paces; PRAGMA user_version = 6");
}

/// And what migration 6 did.
void make_version_5(SQLite::Database& journal) {
  make_version_6(journal);
  journal.exec("DROP INDEX attempts_not_meant; PRAGMA user_version = 5");
}

/// And what migration 5 did.
void make_version_4(SQLite::Database& journal) {
  make_version_5(journal);
  journal.exec("DROP TABLE reject_texts; DROP TABLE rejects; PRAGMA user_version = 4");
}

/// And what migration 4 did.
void make_version_3(SQLite::Database& journal) {
  make_version_4(journal);
  journal.exec(R"(
    DROP INDEX events_by_correlation;
    ALTER TABLE events DROP COLUMN trace;
    ALTER TABLE progress DROP COLUMN trace_seed;
    PRAGMA user_version = 3)");
}

/// And what migration 3 did, where nothing of it was used.
void make_version_2(SQLite::Database& journal) {
  make_version_3(journal);
  journal.exec(R"(
    DROP INDEX deliveries_by_lane;
    DROP VIEW attempt_history;
    ALTER TABLE deliveries DROP COLUMN address;
    ALTER TABLE deliveries DROP COLUMN timings;
    ALTER TABLE deliveries DROP COLUMN subscription_no;
    ALTER TABLE actions DROP COLUMN subscription_no;
    ALTER TABLE actions DROP COLUMN note;
    ALTER TABLE progress DROP COLUMN subscriptions_version;
    ALTER TABLE progress DROP COLUMN last_generation;
    DROP TABLE circuits;
    DROP TABLE unmatched;
    DROP TABLE subscription_secrets;
    DROP TABLE subscriptions;
    CREATE TABLE old_outlets (outlet_no INTEGER PRIMARY KEY, host TEXT NOT NULL UNIQUE,
                              low_position INTEGER NOT NULL DEFAULT 0);
    INSERT INTO old_outlets SELECT outlet_no, host, low_position FROM outlets;
    DROP TABLE outlets;
    ALTER TABLE old_outlets RENAME TO outlets;
    CREATE TABLE old_destinations (destination_no INTEGER PRIMARY KEY,
                                   outlet_no INTEGER NOT NULL REFERENCES outlets,
                                   url TEXT NOT NULL UNIQUE, first_position INTEGER NOT NULL);
    INSERT INTO old_destinations SELECT * FROM destinations;
    DROP TABLE destinations;
    ALTER TABLE old_destinations RENAME TO destinations;
    CREATE VIEW attempt_history AS SELECT * FROM attempts;
    PRAGMA user_version = 2)");
}

/// As no journal lets it be begun: what is pending below it is hidden meanwhile.
void attempt_out_of_turn(const SqliteSubject& subject, journal::Journal& journal,
                         const journal::DeliveryRow& row, Transition by) {
  SQLite::Database file{subject.path(), SQLite::OPEN_READWRITE};
  file.exec("UPDATE deliveries SET state = 4, status = -1 WHERE state = 0 AND position < " +
            std::to_string(row.key.position.value()));
  attempt(journal, row, by);
  file.exec("UPDATE deliveries SET state = 0, status = NULL WHERE status = -1");
}

}  // namespace

TEST_CASE("verify finds nothing in a journal in which everything has happened") {
  WornJournal worn;
  const auto report = worn.report();
  for (const auto& finding : report.findings) MESSAGE(finding.check << ": " << finding.what);
  CHECK(report.healthy());
  CHECK(report.events == 14);
  CHECK(report.deliveries == 15);
  CHECK(report.attempts > 5);
  CHECK(report.notes.empty());
}

TEST_CASE("verify finds nothing in a journal with subscriptions in every state") {
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  const auto report = worn.report();
  for (const auto& finding : report.findings) MESSAGE(finding.check << ": " << finding.what);
  CHECK(report.healthy());
  CHECK(report.events == 22);
}

TEST_CASE("verify finds nothing in a journal in which something was not meant") {
  CHECK(after_excluded("").empty());
}

TEST_CASE("verify finds nothing in a journal in which operators have given deliveries up") {
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  worn.operate();
  const auto report = worn.report();
  for (const auto& finding : report.findings) MESSAGE(finding.check << ": " << finding.what);
  CHECK(report.healthy());
}

TEST_CASE("verify finds nothing in a journal of version 8 that was brought up and went on") {
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_8(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  journal::SqliteJournal::open(worn.path(), migrating()).value();
  CHECK(worn.findings().empty());
  worn.operate();
  CHECK(worn.findings().empty());
}

TEST_CASE("verify finds a lane that went on before what was cancelled in it") {
  WornJournal worn;
  worn.operate();
  CHECK(worn.findings().empty());
  // As if w2 had been cancelled after w3 was sent.
  worn.damage(
      "UPDATE progress SET turn = turn + 5;"
      "UPDATE actions SET turn = (SELECT turn FROM progress)"
      " WHERE verb = 12 AND position = (SELECT position FROM events WHERE event_id = 'w2');"
      "DELETE FROM actions WHERE action_no > (SELECT action_no FROM actions WHERE verb = 12 AND position ="
      " (SELECT position FROM events WHERE event_id = 'w2')) AND verb <> 12");
  const auto findings = worn.findings();
  CHECK(std::find(findings.begin(), findings.end(), "order") != findings.end());
}

TEST_CASE("verify finds what is given up without an operator or against one") {
  const auto after_operating = [](std::string_view sql) {
    WornJournal worn;
    worn.operate();
    worn.damage(sql);
    return worn.findings();
  };
  CHECK(after_operating("DELETE FROM actions WHERE verb = 12") == Names{"state", "operators"});
  CHECK(after_operating("UPDATE deliveries SET state = 0 WHERE position ="
                        " (SELECT position FROM events WHERE event_id = 'w-alone');"
                        "UPDATE state_counts SET deliveries = deliveries + 1 WHERE state = 0;"
                        "UPDATE state_counts SET deliveries = deliveries - 1 WHERE state = 5") ==
        Names{"operators"});
}

TEST_CASE("verify finds what is changed in the inputs that events came by") {
  const auto after_operating = [](std::string_view sql) {
    WornJournal worn;
    worn.operate();
    worn.damage(sql);
    return worn.findings();
  };
  CHECK(after_operating("INSERT INTO inputs (name) VALUES ('/data/unused')") == Names{"content"});
  CHECK(after_operating("UPDATE event_inputs SET input_no = 1") == Names{"content"});
  CHECK(after_operating("INSERT INTO event_inputs VALUES (1000, 1)") == Names{"content"});
  CHECK(after_operating("DELETE FROM inputs WHERE input_no = 1") == Names{"references"});
}

TEST_CASE("verify finds nothing in a journal in which nothing has happened") {
  SqliteSubject subject;
  subject.open();
  CHECK(journal::verify(subject.path()).value().healthy());
}

TEST_CASE("verify finds nothing in a journal of version 1 that was brought up and went on") {
  WornJournal worn;
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_2(old);
    old.exec("ALTER TABLE actions DROP COLUMN turn; PRAGMA user_version = 1");
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);  // it only reads
  std::string said;
  const auto journal = journal::SqliteJournal::open(worn.path(), migrating(&said)).value();
  CHECK(said == fmt::format("journal {} was migrated from version 1 to version {}", worn.path(),
                            journal::latest_version()));
  CHECK(worn.findings().empty());
  SQLite::Database brought_up{worn.path(), SQLite::OPEN_READONLY};
  CHECK(brought_up.execAndGet("PRAGMA user_version").getInt() == journal::latest_version());
  CHECK(brought_up.execAndGet("SELECT count(*) FROM actions").getInt() > 3);
  CHECK(brought_up.execAndGet("SELECT count(turn) FROM actions").getInt() == 0);
  worn.go_on();
  CHECK(worn.findings().empty());
}

TEST_CASE("what was in flight in a journal of version 17 that is brought up is found by the next run") {
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  {
    const auto journal = worn.open();
    append_all(*journal, {{.id = "under-way"}, {.id = "also", .entity = "y"}, {.id = "too", .entity = "z"}});
    const auto last = journal->scan(first_queue, Position{}, 1'000).value();
    for (std::size_t i = last.size() - 3; i < last.size(); ++i) CHECK(begin(*journal, last[i]).won);
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_17(old);
  }
  const auto journal = journal::SqliteJournal::open(worn.path(), migrating()).value();
  CHECK(worn.findings().empty());
  CHECK(worn.report().notes.size() == 1);
  auto transaction = journal->begin().value();
  CHECK(transaction->recover(journal::Orphans::retry, {}, noon, 2).value() == 2);
  CHECK(transaction->recover(journal::Orphans::retry, {}, noon, 2).value() == 2);
  CHECK(transaction->recover(journal::Orphans::retry, {}, noon, 2).value() == 1);
  CHECK(transaction->recover(journal::Orphans::retry, {}, noon, 2).value() == 0);
  must(transaction->commit());
  CHECK(worn.findings().empty());
  CHECK(worn.report().notes.empty());
}

TEST_CASE("what was in flight in a journal of version 18 that is brought up is found by the next run") {
  WornJournal worn;
  worn.go_on();
  {
    const auto journal = worn.open();
    append_all(*journal, {{.id = "under-way", .entity = "under-way"}});
    CHECK(begin(*journal, journal->scan(first_queue, Position{}, 1'000).value().back()).won);
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_18(old);
  }
  const auto journal = journal::SqliteJournal::open(worn.path(), migrating()).value();
  CHECK(worn.findings().empty());
  const auto in_flight = journal->state_counts().value().of(DeliveryState::in_flight);
  auto transaction = journal->begin().value();
  append_here(*transaction, {{.id = "new", .entity = "new"}});
  CHECK(transaction->recover(journal::Orphans::retry, {}, noon, 100).value() ==
        static_cast<std::size_t>(in_flight));
  must(transaction->commit());
  CHECK(worn.findings().empty());
}

TEST_CASE("verify finds what is wrong with a delivery that has no row yet") {
  const auto after_begin = [](std::string_view sql) {
    WornJournal worn;
    {
      const auto journal = worn.open();
      auto transaction = journal->begin().value();
      const auto made = append_here(*transaction, {{.id = "x1", .entity = "x"}, {.id = "x2", .entity = "x"}});
      const journal::Intent intent{.key = made.deliveries.at(0).key};
      CHECK(transaction->begin({&intent, 1}, noon).value().at(0).won);
      must(transaction->commit());
    }
    CHECK(worn.findings().empty());
    CHECK(worn.report().notes.size() == 1);
    worn.damage(sql);
    return fmt::format("{}", fmt::join(worn.findings(), " "));
  };
  const auto with = [&](std::string_view place, std::string_view value) {
    return after_begin(
        fmt::format("UPDATE turn_log SET begun = json_set(begun, '$[0][{}]', {})", place, value));
  };
  CHECK(after_begin("DELETE FROM turn_log") == "event_delivered state_counts");
  CHECK(with("0", "2") == "destination_queue in_flight");
  CHECK(with("0", "1000") == "destination_queue in_flight");
  CHECK(with("1", "1000") == "event_delivered in_flight");
  CHECK(with("2", "1") == "in_flight");
  CHECK(with("3", "1000") == "in_flight");
  CHECK(with("4", "1") == "delivery_of_event order");
  CHECK(with("4", "NULL") == "delivery_of_event");
  CHECK(with("5", "7") == "delivery_of_event order");
  CHECK(with("6", "NULL") == "state in_flight");
  CHECK(with("6", "'noon'") == "in_flight");
  CHECK(with("7", "1000") == "in_flight turns");
  CHECK(after_begin("UPDATE turn_log SET turn = turn + 1000") == "in_flight turns");
  // It is there twice.
  CHECK(after_begin("UPDATE turn_log SET begun = json_insert(begun, '$[#]', json_extract(begun, '$[0]'))") ==
        "order in_flight state_counts");
  // Its row says that it waits.
  CHECK(after_begin("INSERT INTO deliveries (queue_no, position, destination_no, entity_no, sequence_number)"
                    " SELECT queue_no, position, destination_no, entity_no, sequence_number"
                    "   FROM unwritten_deliveries") == "state_counts");
}

TEST_CASE("a journal of version 16 that is brought up counts and goes on as before") {
  const auto known = [](const std::filesystem::path& path) {
    return SQLite::Database{path.string(), SQLite::OPEN_READONLY}
        .execAndGet(
            "SELECT (SELECT group_concat(state || '=' || deliveries) FROM state_counts) || ' ' ||"
            "       (SELECT group_concat(queue_no || '=' || low_watermark) FROM delivery_queues) || ' ' ||"
            "       (SELECT last_wakeup FROM progress)")
        .getString();
  };
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  worn.operate();
  const auto before = known(worn.path());
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_16(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  (void)journal::SqliteJournal::open(worn.path(), migrating()).value();
  CHECK(known(worn.path()) == before);
  worn.throttle();
  CHECK(worn.findings().empty());
}

TEST_CASE("verify finds nothing in a journal of version 14 that was brought up and went on") {
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  worn.operate();
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_14(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  (void)journal::SqliteJournal::open(worn.path(), migrating()).value();
  CHECK(worn.findings().empty());
  worn.throttle();
  CHECK(worn.findings().empty());
}

TEST_CASE("verify finds nothing in a journal of version 13 that was brought up and went on") {
  WornJournal worn;
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_13(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  (void)journal::SqliteJournal::open(worn.path(), migrating()).value();
  worn.go_on();
  worn.subscribe();
  worn.operate();
  CHECK(worn.findings().empty());
}

TEST_CASE("verify finds nothing in a journal of version 3 that was brought up and went on") {
  WornJournal worn;
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_3(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  {
    const auto journal = journal::SqliteJournal::open(worn.path(), migrating()).value();
    CHECK(worn.findings().empty());
    // What was accepted before has no trace, and is sent without one.
    CHECK_FALSE(begin(*journal, delivery(*journal, 13)).outgoing.trace);
  }
  SQLite::Database brought_up{worn.path(), SQLite::OPEN_READONLY};
  CHECK(brought_up.execAndGet("PRAGMA user_version").getInt() == journal::latest_version());
  CHECK(brought_up.execAndGet("SELECT count(trace) FROM events").getInt() == 0);
  CHECK(brought_up.execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'events_by_correlation'")
            .getInt() == 1);
  worn.go_on();
  worn.subscribe();
  CHECK(worn.findings().empty());
  CHECK(brought_up.execAndGet("SELECT count(trace) FROM events").getInt() == 2);
}

TEST_CASE("verify finds nothing in a journal of version 4 that was brought up and went on") {
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_4(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  const auto journal = journal::SqliteJournal::open(worn.path(), migrating()).value();
  CHECK(worn.findings().empty());
  // Its lanes are found by the new index.
  const auto late = all_subscriptions(*journal).back();
  const auto queue = queue_of(*journal, late);
  CHECK(journal->head(queue.at(0).key).value()->key == queue.at(1).key);
  attempt(*journal, queue.at(1), Transition::succeed);
  CHECK(worn.findings().empty());
}

TEST_CASE("verify changes nothing") {
  WornJournal worn;
  const auto before = read_file(worn.path());
  worn.findings();
  CHECK(read_file(worn.path()) == before);
}

TEST_CASE("verify finds a file whose pages are broken") {
  WornJournal worn;
  {
    SQLite::Database database{worn.path(), SQLite::OPEN_READWRITE};
    database.exec("PRAGMA writable_schema = ON");
    database.exec(
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'events') "
        "WHERE name = 'events_by_stream'");
  }
  CHECK(worn.findings().front() == "integrity");
}

TEST_CASE("verify finds a missing index and looks no further") {
  const auto names = after("DROP INDEX events_by_stream");
  CHECK(std::find(names.begin(), names.end(), "schema") != names.end());
  CHECK(std::find(names.begin(), names.end(), "order") != names.end());  // not done
}

TEST_CASE("verify finds a missing trigger") {
  WornJournal worn;
  worn.damage("SELECT 1");
  CHECK(worn.findings() == Names{});
  SQLite::Database{worn.path(), SQLite::OPEN_READWRITE}.exec("DROP TRIGGER events_are_immutable");
  CHECK(worn.findings() == Names{"schema"});
}

TEST_CASE("verify finds a reference to a row that is not there") {
  CHECK(after("UPDATE destinations SET queue_no = 9 WHERE destination_no = 1") ==
        Names{"references", "destination_queue", "destinations"});
}

TEST_CASE("verify finds a delivery queue that does not lead to the URL of its subscription") {
  CHECK(after_subscribed("UPDATE subscriptions SET url = 'http://u.test/' WHERE subscription_no = 1") ==
        Names{"destinations", "subscriptions"});
  CHECK(after("UPDATE delivery_queues SET present_destination_no = 1 WHERE queue_no = 1") ==
        Names{"destinations"});
}

TEST_CASE("verify finds a subscription that was never added or whose pause nobody asked for") {
  CHECK(after_subscribed("DELETE FROM actions WHERE verb = 4 AND subscription_no = 3;"
                         "UPDATE progress SET subscriptions_version = subscriptions_version - 1") ==
        Names{"subscriptions"});
  CHECK(after_subscribed(
            "UPDATE subscriptions SET paused_at = 5, pause_reason = 'x' WHERE subscription_no = 3") ==
        Names{"subscriptions"});
}

TEST_CASE("verify finds a removed subscription that still has a secret or something to send") {
  CHECK(after_subscribed("INSERT INTO subscription_secrets VALUES (2, 0, 'left', NULL)") ==
        Names{"subscriptions"});
  CHECK(after_subscribed("UPDATE deliveries SET state = 0 WHERE subscription_no = 2 AND attempts = 0;"
                         "UPDATE state_counts SET deliveries = deliveries - 1 WHERE state = 5;"
                         "UPDATE state_counts SET deliveries = deliveries + 1 WHERE state = 0") ==
        Names{"subscriptions"});
}

TEST_CASE("verify finds a delivery in the queue of another subscription") {
  CHECK(
      after_subscribed("UPDATE deliveries SET subscription_no = 1 WHERE subscription_no = 3 AND attempts = 0 "
                       "AND position = 13") == Names{"subscriptions"});
}

TEST_CASE("verify finds an event that is said to match nothing and is delivered") {
  CHECK(after_subscribed("INSERT INTO unmatched VALUES (13)") == Names{"event_delivered"});
  CHECK(after_subscribed("DELETE FROM unmatched") == Names{"event_delivered"});
}

TEST_CASE("verify finds a replay that nobody asked for") {
  CHECK(after_subscribed("DELETE FROM actions WHERE verb = 10 AND generation = 2") == Names{"generations"});
  CHECK(after_subscribed("UPDATE progress SET last_generation = 7") == Names{"generations"});
}

TEST_CASE("verify finds a replay of what is still to be delivered") {
  const char* const back_to_pending =
      "UPDATE state_counts SET deliveries = deliveries - 1 WHERE state = 4;"
      "UPDATE state_counts SET deliveries = deliveries + 1 WHERE state = 0;"
      "DELETE FROM attempts WHERE generation = 0 AND (queue_no, position) IN"
      " (SELECT queue_no, position FROM deliveries WHERE generation > 0 LIMIT 1);"
      "UPDATE deliveries SET state = 0, state_at = NULL WHERE generation = 0 AND (queue_no, position) IN"
      " (SELECT queue_no, position FROM deliveries WHERE generation > 0 LIMIT 1)";
  const auto findings = after_subscribed(back_to_pending);
  CHECK(std::find(findings.begin(), findings.end(), "generations") != findings.end());
}

TEST_CASE("verify finds a circuit that is neither open nor half-open") {
  CHECK(after_subscribed("UPDATE circuits SET half_open = 2") == Names{"circuits"});
}

TEST_CASE("verify finds a circuit of a destination that is not there") {
  CHECK(after_subscribed("INSERT INTO circuits VALUES (99, 0, 0)") == Names{"references"});
  CHECK(after_subscribed("INSERT INTO paces VALUES (99, 0)") == Names{"references"});
}

TEST_CASE("verify holds to the order of a fan-out only what was sent after it") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {});
  append_along(*journal, "2", "e", {});
  const auto one = put(*journal, plain_subscription("one"));
  append_along(*journal, "3", "e", {route_of(one)});
  append_along(*journal, "4", "e", {route_of(one)});
  attempt(*journal, queue_of(*journal, one).at(0), Transition::succeed);
  fan_out(*journal, one, {1, 2});
  const auto findings = [&] {
    std::vector<std::string> names;
    const auto report = journal::verify(subject.path()).value();
    for (const auto& finding : report.findings) names.emplace_back(finding.check);
    return names;
  };
  const auto row = [&](std::size_t place) { return queue_of(*journal, one).at(place); };
  CHECK(findings().empty());
  const auto out_of_turn = [&](std::size_t place) {
    attempt_out_of_turn(subject, *journal, row(place), Transition::succeed);
  };
  SUBCASE("what came by it has an order") {
    out_of_turn(1);
    CHECK(findings() == Names{"order"});
    attempt(*journal, row(0), Transition::succeed);
    CHECK(findings() == Names{"order"});
  }
  SUBCASE("what is sent later comes after it") {
    attempt(*journal, row(0), Transition::succeed);
    attempt(*journal, row(1), Transition::succeed);
    attempt(*journal, row(3), Transition::succeed);
    CHECK(findings().empty());
  }
  SUBCASE("and not before") {
    out_of_turn(3);
    CHECK(findings() == Names{"order"});
  }
  SUBCASE("which is seen also when all is done in the end") {
    attempt(*journal, row(0), Transition::succeed);
    out_of_turn(3);
    attempt(*journal, row(1), Transition::succeed);
    CHECK(findings() == Names{"order"});
  }
}

TEST_CASE("verify excuses by a fan-out only the deliveries that it made") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "other", {});
  const auto one = put(*journal, plain_subscription("one"));
  append_along(*journal, "2", "e", {route_of(one)});
  append_along(*journal, "3", "e", {route_of(one)});
  const auto row = [&](std::int64_t position) {
    for (const auto& row : queue_of(*journal, one))
      if (row.key.position == Position{position}) return row;
    throw std::runtime_error{"the subscription does not have that event"};
  };
  const auto findings = [&] {
    std::vector<std::string> names;
    const auto report = journal::verify(subject.path()).value();
    for (const auto& finding : report.findings) names.emplace_back(finding.check);
    return names;
  };
  attempt_out_of_turn(subject, *journal, row(3), Transition::succeed);
  REQUIRE(findings() == Names{"order"});
  SUBCASE("one that came later") {
    fan_out(*journal, one, {1});
    CHECK(findings() == Names{"order"});
    attempt(*journal, row(2), Transition::succeed);
    CHECK(findings() == Names{"order"});
    SUBCASE("and what is said to have been made by one that there was not is seen") {
      SQLite::Database{subject.path(), SQLite::OPEN_READWRITE}.exec(
          "UPDATE deliveries SET made_turn = (SELECT turn FROM progress) WHERE position = 2");
      CHECK(findings() == Names{"operators"});
    }
  }
  SUBCASE("in a journal in which it was not recorded one that came before it was") {
    {
      SQLite::Database old{subject.path(), SQLite::OPEN_READWRITE};
      old.exec("UPDATE progress SET fan_outs_turn = turn");
    }
    fan_out(*journal, one, {1});
    attempt(*journal, row(2), Transition::succeed);
    CHECK(findings() == Names{"order"});
  }
}

TEST_CASE("verify finds nothing in a journal with fan-outs that was brought up and went on") {
  SqliteSubject subject;
  Subscription one;
  {
    const auto journal = subject.open();
    append_along(*journal, "1", "e", {});
    append_along(*journal, "2", "e", {});
    one = put(*journal, plain_subscription("one"));
    append_along(*journal, "3", "e", {route_of(one)});
    attempt(*journal, queue_of(*journal, one).at(0), Transition::succeed);
    fan_out(*journal, one, {2});
  }
  {
    SQLite::Database old{subject.path(), SQLite::OPEN_READWRITE};
    make_version_12(old);
  }
  const auto journal = subject.open();
  CHECK(journal::verify(subject.path()).value().healthy());
  fan_out(*journal, one, {1});
  CHECK(journal::verify(subject.path()).value().healthy());
  for (int i = 0; i < 2; ++i)
    attempt(*journal, queue_of(*journal, one).at(static_cast<std::size_t>(i)), Transition::succeed);
  CHECK(journal::verify(subject.path()).value().healthy());
  SQLite::Database brought_up{subject.path(), SQLite::OPEN_READONLY};
  CHECK(brought_up.execAndGet("SELECT count(made_turn) FROM deliveries").getInt() == 1);
}

TEST_CASE("verify holds a retry to the order of a fan-out that came after the first attempt") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_along(*journal, "1", "e", {});
  const auto one = put(*journal, plain_subscription("one"));
  append_along(*journal, "2", "e", {route_of(one)});
  attempt(*journal, queue_of(*journal, one).at(0), Transition::retry);
  fan_out(*journal, one, {1});
  CHECK(journal::verify(subject.path()).value().healthy());
  attempt_out_of_turn(subject, *journal, queue_of(*journal, one).at(1), Transition::succeed);
  CHECK_FALSE(journal::verify(subject.path()).value().healthy());
}

TEST_CASE("verify finds an event id that is empty") {
  CHECK(after("UPDATE events SET event_id = '' WHERE position = 13") == Names{"event_ids", "content"});
}

TEST_CASE("verify finds an event that nothing delivers") {
  CHECK(
      after("DELETE FROM deliveries WHERE position = 13; UPDATE state_counts SET deliveries = deliveries - 1 "
            "WHERE state = 0") == Names{"event_delivered"});
}

TEST_CASE("verify finds a delivery at another place in the stream than its event") {
  CHECK(after("UPDATE deliveries SET sequence_number = 7 WHERE position = 6") == Names{"delivery_of_event"});
}

TEST_CASE("verify finds a delivery that is queued for another host") {
  CHECK(after("UPDATE deliveries SET queue_no = 2 WHERE position = 13") == Names{"destination_queue"});
}

TEST_CASE("verify finds a payload that was altered") {
  CHECK(after("UPDATE events SET payload = CAST('{ }' AS BLOB) WHERE position = 2") == Names{"content"});
}

TEST_CASE("verify finds an own url that was altered") {
  CHECK(after("UPDATE events SET own_url = NULL WHERE position = 2") == Names{"content"});
}

TEST_CASE("verify finds a missing sequence number without a recorded gap") {
  CHECK(after("DELETE FROM gaps WHERE skipped_at IS NOT NULL") == Names{"stream", "operators"});
}

TEST_CASE("verify finds an event below the start of its stream") {
  CHECK(after("UPDATE entities SET first_sequence = 2 WHERE entity_id = 'A'") == Names{"stream"});
}

TEST_CASE("verify finds a gap whose numbers have arrived") {
  CHECK(after("INSERT INTO gaps VALUES ((SELECT entity_no FROM entities WHERE entity_id = 'C'), 2, 2, 0, "
              "NULL, 0)") == Names{"stream", "gaps"});
}

TEST_CASE("verify finds a gap behind the end of its stream") {
  CHECK(after("INSERT INTO gaps VALUES ((SELECT entity_no FROM entities WHERE entity_id = 'C'), 8, 9, 0, "
              "NULL, 0)") == Names{"stream", "gaps"});
}

TEST_CASE("verify finds an event that was sent before the one before it was done") {
  // a2 began before the outcome of a1 was committed
  CHECK(after("UPDATE deliveries SET began_turn = 2, ended_turn = 20 WHERE position = 1 AND queue_no = 1; "
              "UPDATE progress SET turn = 100") == Names{"order"});
}

TEST_CASE("verify finds an event that was sent past a dead letter") {
  // b2 behind the dead b1
  CHECK(
      after("UPDATE deliveries SET state = 4, attempts = 1, began_at = 1, began_turn = 30, ended_turn = 31, "
            "took = 1, "
            "status = 200 WHERE position = 6; UPDATE progress SET turn = 100; UPDATE state_counts SET "
            "deliveries = "
            "deliveries + CASE state WHEN 0 THEN -1 ELSE 1 END WHERE state IN (0, 4)") == Names{"order"});
}

TEST_CASE("verify finds an event that was sent past an open gap") {
  CHECK(
      after("UPDATE deliveries SET state = 4, attempts = 1, began_at = 1, began_turn = 30, ended_turn = 31, "
            "took = 1, "
            "status = 200 WHERE position = 11; UPDATE progress SET turn = 100; UPDATE state_counts SET "
            "deliveries = "
            "deliveries + CASE state WHEN 0 THEN -1 ELSE 1 END WHERE state IN (0, 4)") == Names{"order"});
}

TEST_CASE("verify finds an attempt that is not recorded") {
  CHECK(after("DELETE FROM attempts WHERE position = 5 AND attempt = 1") == Names{"attempts_numbered"});
}

TEST_CASE("verify finds an attempt of a delivery that is not there") {
  CHECK(
      after(
          "INSERT INTO attempts SELECT queue_no, 99, generation, attempt, began_at, began_turn, "
          "ended_turn, took, "
          "outcome, status, error, address, timings, excerpt, NULL, destination_no FROM attempts LIMIT 1") ==
      Names{"attempts_numbered"});
}

TEST_CASE("verify finds a delivery that was sent again after a success") {
  CHECK(after("UPDATE attempts SET status = 200 WHERE position = 2 AND attempt = 1") == Names{"once"});
}

TEST_CASE("verify finds a completed delivery that nobody answered") {
  CHECK(after("INSERT INTO attempts SELECT queue_no, position, generation, attempts, began_at, began_turn, "
              "ended_turn, "
              "took, 1, 0, 'timeout', NULL, NULL, NULL, NULL, destination_no FROM deliveries WHERE position "
              "= 3") == Names{"latest", "state"});
}

TEST_CASE("verify finds a dead letter whose last attempt succeeded") {
  CHECK(after("UPDATE attempts SET status = 204 WHERE position = 5 AND attempt = 2") ==
        Names{"latest", "state"});
}

TEST_CASE("verify finds a state that there is not") {
  CHECK(after("UPDATE deliveries SET state = 8 WHERE position = 13; UPDATE state_counts SET deliveries = "
              "deliveries - 1 "
              "WHERE state = 0") == Names{"state"});
}

TEST_CASE("verify finds a dead letter that no listing would find") {
  CHECK(after("UPDATE deliveries SET state_at = NULL WHERE position = 5") == Names{"state_time"});
}

TEST_CASE("verify finds what is in flight and will not be found") {
  const auto after_begin = [](std::string_view sql) {
    WornJournal worn;
    {
      const auto journal = worn.open();
      begin(*journal, delivery(*journal, 13));
    }
    CHECK(worn.findings().empty());
    worn.damage(sql);
    return worn.findings();
  };
  CHECK(after_begin("DELETE FROM turn_log") == Names{"in_flight"});
  CHECK(after_begin("UPDATE turn_log SET begun = '[[1,14]]'") == Names{"in_flight"});
  CHECK(after_begin("UPDATE turn_log SET begun = '[[1,13],[1,1000]]'") == Names{"in_flight"});
  CHECK(after_begin("UPDATE turn_log SET begun = '[[1,13],5]'") == Names{"in_flight"});
  const auto unreadable = after_begin("UPDATE turn_log SET begun = '[[1,13'");
  CHECK(std::find(unreadable.begin(), unreadable.end(), "in_flight") != unreadable.end());
  CHECK(after_begin("INSERT INTO turn_log VALUES (1000, '[[1,13]]')") == Names{"in_flight"});
  CHECK(after_begin("UPDATE deliveries SET state_at = began_at WHERE state = 1") == Names{"state_time"});
}

TEST_CASE("verify finds a pending delivery with a time") {
  CHECK(after("UPDATE deliveries SET state_at = 1 WHERE position = 13") == Names{"state_time"});
}

TEST_CASE("verify finds more attempts forgiven than were made") {
  CHECK(after("UPDATE deliveries SET forgiven = attempts + 1 WHERE position = 5") == Names{"forgiven"});
}

TEST_CASE("verify finds an outcome that was committed before its intent") {
  CHECK(after("UPDATE deliveries SET ended_turn = began_turn - 1 WHERE position = 14") == Names{"turns"});
}

TEST_CASE("verify finds a turn that has not been committed yet") {
  CHECK(after("UPDATE progress SET turn = 3") == Names{"turns"});
}

TEST_CASE("verify finds an outcome that was committed with its intent") {
  CHECK(after("UPDATE deliveries SET ended_turn = began_turn WHERE position = 14") == Names{"turns"});
}

TEST_CASE("verify finds two intents without an outcome between them") {
  CHECK(after("UPDATE deliveries SET began_turn = (SELECT began_turn FROM attempts WHERE position = 2) WHERE "
              "position = 2") == Names{"turns"});
}

TEST_CASE("verify finds an attempt of unknown outcome that counts") {
  CHECK(after("UPDATE deliveries SET forgiven = 0 WHERE position = 8") == Names{"forgiven"});
}

TEST_CASE("verify finds an unknown outcome that is told as another") {
  CHECK(after("UPDATE attempts SET outcome = 1 WHERE outcome = 5") == Names{"forgiven"});
}

TEST_CASE("verify finds an attempt that this machine failed and that counts") {
  CHECK(after_excluded("UPDATE deliveries SET forgiven = 1 WHERE position IN (SELECT position FROM attempts"
                       " WHERE outcome = 8)") == Names{"forgiven"});
  CHECK(after_excluded("UPDATE attempts SET outcome = 1 WHERE outcome = 7") == Names{"forgiven"});
}

TEST_CASE("verify finds a delivery that was not meant and is told as another") {
  CHECK(after_excluded("UPDATE attempts SET outcome = 7 WHERE outcome = 8") == Names{"operators"});
  CHECK(after_excluded("UPDATE attempts SET outcome = 9 WHERE outcome = 8") ==
        Names{"outcomes", "forgiven", "operators"});
  CHECK(
      after_excluded("UPDATE deliveries SET state = 4 WHERE position IN (SELECT position FROM attempts "
                     "WHERE outcome = 8);"
                     "UPDATE state_counts SET deliveries = deliveries + CASE state WHEN 5 THEN -1 ELSE 1 END "
                     "WHERE state IN (4, 5)") == Names{"state"});
}

TEST_CASE("verify finds a delivery that was sent after it was found not to be meant") {
  CHECK(after_excluded("UPDATE attempts SET outcome = 15 - outcome WHERE outcome IN (7, 8)") ==
        Names{"once", "operators"});
}

TEST_CASE("verify finds a direct delivery that is said not to be meant") {
  CHECK(after("UPDATE attempts SET outcome = 8, status = 0 WHERE position = 5 AND attempt = 2;"
              "UPDATE deliveries SET status = 0, forgiven = 1 WHERE position = 5") ==
        Names{"outcomes", "state"});
}

TEST_CASE("verify finds an attempt that the receiver put off and that counts or does not say since when") {
  const auto after_throttle = [](std::string_view sql) {
    WornJournal worn;
    worn.throttle();
    CHECK(worn.findings().empty());
    worn.damage(sql);
    return worn.findings();
  };
  CHECK(
      after_throttle("UPDATE deliveries SET forgiven = 0 WHERE throttled_since IS NOT NULL AND state = 2") ==
      Names{"forgiven"});
  CHECK(after_throttle("UPDATE deliveries SET throttled_since = NULL") == Names{"forgiven"});
  CHECK(after_throttle("UPDATE deliveries SET throttled_since = 1 WHERE position = 1") == Names{"forgiven"});
  CHECK(after_throttle("UPDATE attempts SET status = 200 WHERE outcome = 9;"
                       "UPDATE deliveries SET status = 200 WHERE throttled_since IS NOT NULL") ==
        Names{"outcomes"});
  CHECK(after_throttle("UPDATE throttles SET destination_no = 99") == Names{"references"});
}

TEST_CASE("verify takes what a broker answered for what it is") {
  const auto after_broker = [](std::string_view sql) {
    WornJournal worn;
    worn.broker();
    worn.damage(sql);
    return worn.findings();
  };
  CHECK(after_broker("").empty());
  // As where such a success has a row of its own.
  constexpr std::string_view with_row =
      "INSERT INTO attempts (queue_no, position, generation, attempt, began_at, began_turn, ended_turn, took,"
      "                      outcome, status, error, destination_no)"
      " SELECT queue_no, position, generation, attempts, began_at, began_turn, ended_turn, took, 10, 0, NULL,"
      "        destination_no FROM deliveries WHERE state = 4 AND status = 0";
  CHECK(after_broker(with_row).empty());
  CHECK(after_broker(std::string{with_row} +
                     "; UPDATE attempts SET status = 200 WHERE outcome = 10;"
                     "UPDATE deliveries SET status = 200 WHERE status = 0 AND state = 4") ==
        Names{"outcomes"});
  CHECK(after_broker(std::string{with_row} + "; UPDATE attempts SET error = 'x' WHERE outcome = 10") ==
        Names{"outcomes"});
  CHECK(after_broker("UPDATE attempts SET error = NULL WHERE outcome = 11") == Names{"outcomes"});
  CHECK(after_broker("UPDATE attempts SET outcome = 10, error = NULL WHERE outcome = 11 AND attempt = 1 AND"
                     " position = (SELECT position FROM events WHERE event_id = 'k2')") == Names{"once"});
  CHECK(after_broker("UPDATE attempts SET outcome = 12 WHERE outcome = 11") == Names{"outcomes"});
}

TEST_CASE("verify finds nothing in a journal of version 5 that was brought up and went on") {
  WornJournal worn;
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_5(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  (void)journal::SqliteJournal::open(worn.path(), migrating()).value();
  SQLite::Database brought_up{worn.path(), SQLite::OPEN_READONLY};
  CHECK(brought_up.execAndGet("PRAGMA user_version").getInt() == journal::latest_version());
  CHECK(brought_up.execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'attempts_not_meant'")
            .getInt() == 1);
  worn.go_on();
  worn.exclude();
  CHECK(worn.findings().empty());
}

TEST_CASE("verify finds nothing in a journal of version 6 that was brought up and went on") {
  WornJournal worn;
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_6(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  CHECK(journal::SqliteJournal::open(worn.path(), migrating()).value()->paces().value().empty());
  worn.go_on();
  worn.subscribe();
  CHECK(worn.findings().empty());
}

TEST_CASE("verify finds nothing in a journal of version 10 that was brought up and went on") {
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_10(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  if (const auto opened = journal::SqliteJournal::open(worn.path(), migrating()); !opened)
    FAIL(opened.error().message);
  CHECK(worn.findings().empty());
}

namespace {

using Findings = std::vector<std::string>;

/// A stream whose start was lowered, one whose gap nobody waited for, and one whose gap was waited for and
/// given up in the turn that began what came after it.
class WithLateNumbers {
 public:
  WithLateNumbers() {
    const auto journal = subject_.open();
    append_all(*journal,
               {{.id = "x12", .entity = "X", .sequence = 12}, {.id = "x10", .entity = "X", .sequence = 10}},
               {.rule = journal::StreamStart::Rule::first, .at = {}});
    append(*journal, {.id = "x11", .entity = "X", .sequence = 11});
    for (const std::int64_t position : {2, 3, 1}) attempt(*journal, position, Transition::succeed);
    append(*journal, {.id = "y5", .entity = "Y", .sequence = 5},
           {.rule = journal::StreamStart::Rule::one, .at = SequenceNumber{1}, .gaps = journal::Gaps::ignore});
    append(*journal, {.id = "z2", .entity = "Z", .sequence = 2});
    const auto waiting = delivery(*journal, 5);
    auto transaction = journal->begin().value();
    REQUIRE(transaction->give_up_gaps(noon, noon, 10).value().gaps == 1);
    const journal::Intent intent{waiting.key, waiting.state};
    REQUIRE(transaction->begin({&intent, 1}, noon).value().at(0).won);
    must(transaction->commit());
    end(*journal, waiting, Transition::succeed);
  }

  Findings findings(const std::string& damage = {}) {
    if (!damage.empty()) SQLite::Database{subject_.path(), SQLite::OPEN_READWRITE}.exec(damage);
    Findings findings;
    const auto report = journal::verify(subject_.path()).value();
    for (const auto& finding : report.findings)
      findings.push_back(fmt::format("{}: {}", finding.check, finding.what));
    return findings;
  }

 private:
  SqliteSubject subject_;
};

}  // namespace

TEST_CASE("verify finds nothing where starts were lowered and gaps ignored or waited for") {
  const auto findings = WithLateNumbers{}.findings();
  for (const auto& finding : findings) FAIL_CHECK(finding);
}

TEST_CASE("verify sees who is wrongly said to have given up a gap") {
  const char* damage = "";
  SUBCASE("a run that an operator is") {
    damage = "UPDATE gaps SET skipped_by = 0 WHERE skipped_by = 2";
  }
  SUBCASE("nobody where a run waited") {
    damage = "UPDATE gaps SET skipped_by = 1 WHERE skipped_by = 2";
  }
  SUBCASE("a run where nobody waited") {
    damage = "UPDATE gaps SET skipped_by = 2 WHERE skipped_by = 1";
  }
  SUBCASE("nobody though it is open") {
    damage = "UPDATE gaps SET skipped_at = NULL WHERE skipped_by = 1";
  }
  SUBCASE("nobody though it was waited for") {
    damage = "UPDATE gaps SET skipped_at = since + 1 WHERE skipped_by = 1";
  }
  CHECK_FALSE(WithLateNumbers{}.findings(damage).empty());
}

TEST_CASE("verify sees a start that was lowered after something was sent") {
  CHECK_FALSE(
      WithLateNumbers{}.findings("UPDATE entities SET first_sequence = 9 WHERE entity_id = 'X'").empty());
  const auto sent_first = WithLateNumbers{}.findings(
      "UPDATE deliveries SET began_turn = (SELECT min(began_turn) FROM deliveries) WHERE sequence_number = "
      "12");
  CHECK(std::any_of(sent_first.begin(), sent_first.end(),
                    [](const auto& finding) { return finding.starts_with("order"); }));
}

TEST_CASE("verify finds nothing in a journal of version 9 that was brought up and went on") {
  WornJournal worn;
  worn.go_on();
  worn.subscribe();
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_9(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  if (const auto opened = journal::SqliteJournal::open(worn.path(), migrating()); !opened)
    FAIL(opened.error().message);
  CHECK(worn.findings().empty());
  SQLite::Database brought_up{worn.path(), SQLite::OPEN_READONLY};
  CHECK(brought_up.execAndGet("SELECT count(*) FROM attempts WHERE destination_no IS NULL").getInt() == 0);
}

TEST_CASE("verify finds nothing in a journal of version 11 that was brought up and went on") {
  WornJournal worn;
  {
    SQLite::Database old{worn.path(), SQLite::OPEN_READWRITE};
    make_version_11(old);
  }
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
  CHECK(journal::SqliteJournal::open(worn.path(), migrating()).value()->throttles().value().empty());
  worn.go_on();
  worn.subscribe();
  worn.throttle();
  CHECK(worn.findings().empty());
}

TEST_CASE("a subscription of version 9 that had gone to two hosts goes on at the present one in order") {
  SqliteSubject subject;
  Subscription moved = plain_subscription("s");
  {
    const auto journal = subject.open();
    moved = put(*journal, moved);
    for (const char* id : {"x1", "x2", "x3", "x4"}) append_along(*journal, id, "X", {route_of(moved)});
    const auto queue = queue_of(*journal, moved);
    attempt(*journal, queue.at(0), Transition::succeed);
    attempt_out_of_turn(subject, *journal, queue.at(2), Transition::succeed);
  }
  {
    SQLite::Database old{subject.path(), SQLite::OPEN_READWRITE};
    make_version_9(old);
    old.exec(R"(
      UPDATE subscriptions SET url = 'http://t.test/new', host = 't.test';
      INSERT INTO outlets (outlet_no, subscription_no, host, low_position) VALUES (7, 1, 't.test', 3);
      INSERT INTO destinations VALUES (9, 7, 'http://t.test/new', 3);
      UPDATE deliveries SET outlet_no = 7, destination_no = 9 WHERE position > 2;
      UPDATE attempts SET outlet_no = 7 WHERE position > 2)");
  }
  const auto journal = subject.open();
  CHECK(journal::verify(subject.path()).value().healthy());
  const auto queues = journal->queues(QueueNo{}).value();
  REQUIRE(queues.size() == 1);
  CHECK(queues.front().host == "t.test");
  const auto queue = queue_of(*journal, moved);
  REQUIRE(queue.size() == 4);
  CHECK_FALSE(begin(*journal, queue.at(3)).won);
  CHECK(begin(*journal, queue.at(1)).outgoing.url == "http://t.test/new");
  end(*journal, delivery(*journal, 2), Transition::succeed);
  CHECK(begin(*journal, queue.at(3)).won);
  const auto report = journal::verify(subject.path()).value();
  for (const auto& finding : report.findings) MESSAGE(finding.check << ": " << finding.what);
  CHECK(report.healthy());
}

TEST_CASE("verify finds what overtakes in a lane of a subscription whose URL has changed") {
  SqliteSubject subject;
  const auto journal = subject.open();
  Subscription wanted = put(*journal, plain_subscription("s"));
  for (const char* id : {"x1", "x2"}) append_along(*journal, id, "X", {route_of(wanted)});
  const auto queue = queue_of(*journal, wanted);
  wanted.url = "http://t.test/new";
  wanted.host = "t.test";
  put(*journal, wanted);
  attempt_out_of_turn(subject, *journal, queue.at(1), Transition::succeed);
  const auto report = journal::verify(subject.path()).value();
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings.front().check == "order");
}

TEST_CASE("verify finds a dead letter that no operator discarded") {
  CHECK(after("DELETE FROM actions WHERE verb = 1") == Names{"operators"});
}

TEST_CASE("verify finds a dead letter that no operator released") {
  CHECK(after("DELETE FROM actions WHERE verb = 0") == Names{"forgiven"});
  CHECK(
      after(
          "UPDATE deliveries SET state = 0, state_at = NULL, forgiven = attempts WHERE position = 5; UPDATE "
          "state_counts SET deliveries = deliveries + CASE state WHEN 3 THEN -1 ELSE 1 END WHERE state IN "
          "(0, 3)") == Names{"forgiven", "operators"});
}

TEST_CASE("verify finds an event that was sent before the dead letter before it was discarded") {
  CHECK(
      after(
          "UPDATE attempts SET began_turn = (SELECT turn - 1 FROM actions WHERE verb = 1) WHERE position = "
          "8; "
          "UPDATE deliveries SET began_turn = (SELECT turn - 1 FROM actions WHERE verb = 1) WHERE position = "
          "8") == Names{"order"});
}

TEST_CASE("verify finds an event that was sent before the gap before it was skipped") {
  CHECK(after("UPDATE deliveries SET began_turn = (SELECT turn FROM actions WHERE verb = 2) WHERE position = "
              "10") == Names{"order"});
}

TEST_CASE("verify finds a gap that no operator skipped") {
  CHECK(after("DELETE FROM actions WHERE verb = 2") == Names{"operators"});
}

TEST_CASE("verify finds state counts that are wrong") {
  CHECK(after("UPDATE state_counts SET deliveries = deliveries + 1 WHERE state = 2") ==
        Names{"state_counts"});
}

TEST_CASE("verify finds a delivery that the next run would not find") {
  // the event without entity at 13 is pending
  CHECK(after("UPDATE delivery_queues SET low_watermark = 13; UPDATE progress SET last_wakeup = (SELECT "
              "max(action_no) "
              "FROM actions)") == Names{"resumption"});
  // nor one whose wakeups its delivery queue has followed
  CHECK(after("UPDATE delivery_queues SET low_watermark = 13,"
              " last_wakeup = (SELECT max(action_no) FROM actions)") == Names{"resumption"});
}

TEST_CASE("verify lets a run begin above what waits behind a dead letter") {
  CHECK(after("UPDATE delivery_queues SET low_watermark = 12; UPDATE progress SET last_wakeup = (SELECT "
              "max(action_no) "
              "FROM actions)") == Names{});
}

TEST_CASE("verify lets a run begin above what a discarded dead letter has woken") {
  WornJournal worn;
  worn.damage(
      "UPDATE delivery_queues SET low_watermark = 12; UPDATE progress SET last_wakeup = (SELECT "
      "max(action_no) "
      "FROM "
      "actions)");
  const auto writer = journal::SqliteJournal::open(worn.path(), {}).value();
  auto transaction = writer->begin().value();
  CHECK(transaction->discard(dead_letters(*writer, {.entities = {"B"}}), noon).value() == 1);
  must(transaction->commit());
  CHECK(worn.findings() == Names{});  // b2 is pending at 6
}

TEST_CASE("verify finds a run that is to begin where nothing has come yet") {
  CHECK(after("UPDATE progress SET last_wakeup = 1000") == Names{"resumption"});
}

TEST_CASE("verify notes what a dispatcher left in flight and does not call it damage") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "a1"});
  begin(*journal, delivery(*journal, 1));
  const auto report = journal::verify(subject.path()).value();
  CHECK(report.healthy());
  CHECK(report.notes.size() == 1);

  const auto owner = journal::Ownership::try_take(subject.path()).value();
  REQUIRE(owner);
  CHECK(journal::verify(subject.path()).value().notes.empty());
}

TEST_CASE("verify names what is wrong and with which event") {
  WornJournal worn;
  worn.damage("DELETE FROM attempts WHERE position = 5 AND attempt = 1");
  const auto findings = worn.report().findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].what == "event b1 (1 of entity B) to http://a.test/hook: attempt 1 is not recorded");
}

TEST_CASE("verify tells of a few findings and counts the others") {
  WornJournal worn;
  worn.damage("UPDATE events SET payload = x'00'");
  const auto report = journal::verify(worn.path(), {.shown = 3}).value();
  CHECK(report.findings.size() == 3);
  const auto content = std::find_if(report.checks.begin(), report.checks.end(),
                                    [](const auto& check) { return check.name == "content"; });
  REQUIRE(content != report.checks.end());
  CHECK(content->findings == 14);
}

TEST_CASE("verify refuses what is no journal of ours") {
  TempDir dir;
  CHECK(journal::verify(dir / "none.db").error().failure == Failure::usage);
  CHECK(journal::verify(dir.write("text", "this is not a database, however long it is")).error().failure ==
        Failure::unavailable);
  SQLite::Database{dir / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec("CREATE TABLE t (x)");
  CHECK(journal::verify(dir / "other.db").error().failure == Failure::unavailable);
  WornJournal worn;
  SQLite::Database{worn.path(), SQLite::OPEN_READWRITE}.exec("PRAGMA user_version = 99");
  CHECK(journal::verify(worn.path()).error().failure == Failure::unavailable);
}
