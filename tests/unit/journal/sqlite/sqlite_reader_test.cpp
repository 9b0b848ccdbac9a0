// The reader of a journal in a SQLite file, where the file or its rows are meant.

#include "journal/sqlite/reader/sqlite_reader.hpp"

#include "unit/journal/damage.hpp"
#include "unit/journal/queue_long_line.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

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
  const auto reader = SqliteReader::open(subject.path()).value();
  std::vector<std::string> dead;
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

TEST_CASE("a call for events of a type looks at a bounded number of positions") {
  SqliteSubject subject;
  append(*subject.open(), {.id = "first", .type = "rare"});
  SQLite::Database{subject.path(), SQLite::OPEN_READWRITE}.exec(
      "UPDATE sqlite_sequence SET seq = 200000 WHERE name = 'events'");
  append(*subject.open(), {.id = "last", .type = "rare"});
  const auto reader = SqliteReader::open(subject.path()).value();
  std::vector<std::string> ids;
  std::vector<std::int64_t> looked;
  for (Position after; looked.size() < 10;) {
    const auto until = reader
                           .all(after, {.types = {"rare"}}, 100,
                                [&](const EventRecord& event) {
                                  ids.push_back(event.event_id);
                                  return true;
                                })
                           .value();
    if (until == after) break;
    looked.push_back(until.value());
    after = until;
  }
  CHECK(ids == std::vector<std::string>{"first", "last"});
  CHECK(looked == std::vector<std::int64_t>{65'536, 131'072, 196'608, 200'001});
}

TEST_CASE("the log has its size also where the journal is reached through a link") {
  const WornJournal worn;
  const TempDir elsewhere;
  const std::string link = elsewhere / "linked.db";
  std::filesystem::create_symlink(worn.path(), link);
  const auto reader = SqliteReader::open(link).value();
  const auto bytes = std::filesystem::file_size(worn.path() + "-wal");
  CHECK(bytes > 0);
  CHECK(reader.status(1, noon).value().wal_bytes == bytes);
  CHECK(reader.health().value().wal_bytes == bytes);
}

TEST_CASE("the journal reader counts what is pending below where a run would begin") {
  WornJournal worn;
  worn.damage(
      "UPDATE delivery_queues SET low_watermark = 12; UPDATE progress SET last_wakeup = (SELECT "
      "max(action_no) "
      "FROM "
      "actions)");
  const auto journal_status = worn.read()->status(5, noon).value();
  REQUIRE(journal_status.hosts.size() == 1);
  CHECK(journal_status.hosts[0].pending == journal_status.state_counts.of(DeliveryState::pending));
}

TEST_CASE("the journal reader refuses what is no journal of ours") {
  const TempDir dir;
  CHECK(SqliteReader::open(dir / "none.db").error().failure == Failure::usage);
  CHECK(SqliteReader::open(dir.write("text", "this is not a database, however long it is")).error().failure ==
        Failure::unavailable);
  SQLite::Database{dir / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec("CREATE TABLE t (x)");
  CHECK(SqliteReader::open(dir / "other.db").error().failure == Failure::unavailable);
}

TEST_CASE("a slow reader of a long rejected line holds no checkpoint back") {
  SqliteSubject subject;
  const auto journal = SqliteJournal::open(subject.path(), {}).value();
  queue_long_line(*journal, 3'000'000);
  const auto reader = SqliteReader::open(subject.path()).value();
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
