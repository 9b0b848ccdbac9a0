// What must not take longer the more there is of something else. Each of these took ten times what it may
// take here, or more, where it read all rows again for each one. They take processor time, some seconds in
// all; time that other processes take does not count.

#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/reading/selector.hpp"
#include "journal/sqlite/verify/verify.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/subscribed.hpp"

#include <ctime>
#include <string>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

/// Processor seconds that `work` takes.
template <class Work>
double seconds(Work work) {
  const std::clock_t before = std::clock();
  work();
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
}

void change(const SqliteSubject& subject, const std::string& sql) {
  SQLite::Database{subject.path(), SQLite::OPEN_READWRITE}.exec(sql);
}

/// So many rejected lines, numbered from 1, every second one of b.jsonl.
void add_rejects(const SqliteSubject& subject, int count) {
  change(subject, fmt::format(R"(
    WITH RECURSIVE n(no) AS (SELECT 1 UNION ALL SELECT no + 1 FROM n WHERE no < {})
    INSERT INTO rejects (digest, file, line, reason, bytes, first_at, last_at)
      SELECT randomblob(32), iif(no % 2, 'a.jsonl', 'b.jsonl'), no, 'not JSON', 3, 1, 1 FROM n;
    INSERT INTO reject_texts SELECT reject_no, 0, x'616263' FROM rejects)",
                              count));
}

RejectCount clear(Journal& journal, const RejectSelection& which, std::size_t limit = 1'000'000) {
  auto transaction = journal.begin().value();
  const auto cleared = transaction->clear_rejects(which, noon, limit).value();
  must(transaction->commit());
  return cleared;
}

std::vector<std::int64_t> listed(const SqliteSubject& subject, const RejectSelection& which) {
  std::vector<std::int64_t> numbers;
  must(SqliteReader::open(subject.path()).value().rejects(which, false, [&](const RejectedRecord& reject) {
    numbers.push_back(reject.number);
    return true;
  }));
  return numbers;
}

}  // namespace

TEST_CASE("many rows: rejected lines are found and cleared by number without reading the others") {
  SqliteSubject subject;
  const auto journal = subject.open();
  add_rejects(subject, 60'000);
  RejectSelection which;
  for (std::int64_t no = 1; no <= 60'000; no += 100) which.numbers.push_back(no);
  std::vector<std::int64_t> found;
  CHECK(seconds([&] { found = listed(subject, which); }) < 1);
  CHECK(found == which.numbers);
  RejectCount cleared;
  CHECK(seconds([&] { cleared = clear(*journal, which); }) < 1);
  CHECK(cleared == RejectCount{600, 1'800});
  CHECK(seconds([&] { found = listed(subject, which); }) < 1);
  CHECK(found.empty());
}

TEST_CASE("many rows: rejected lines are cleared some at a time without reading again what is cleared") {
  SqliteSubject subject;
  const auto journal = subject.open();
  add_rejects(subject, 60'000);
  RejectSelection which;
  SUBCASE("all") {}
  SUBCASE("those of a file") {
    which.file = "b.jsonl";
  }
  const std::int64_t all = which.file ? 30'000 : 60'000;
  std::int64_t cleared = 0;
  CHECK(seconds([&] {
          for (std::int64_t some = 1; some > 0; cleared += some) some = clear(*journal, which, 50).lines;
        }) < 6);
  CHECK(cleared == all);
}

TEST_CASE("many rows: a stream begins lower without asking each host for what was sent") {
  constexpr int entities = 3'000;
  SqliteSubject subject;
  const auto journal = subject.open();
  std::vector<Line> lines;
  for (int i = 0; i < entities; ++i)
    for (const int sequence : {1, 0})
      lines.push_back({.id = fmt::format("e{}-{}", i, sequence),
                       .entity = fmt::format("e{}", i),
                       .sequence = sequence,
                       .urls = {fmt::format("http://h{}.test/", i)}});
  std::vector<Appended> verdicts;
  CHECK(seconds([&] { verdicts = append_all(*journal, lines); }) < 3);
  for (const auto& verdict : verdicts) CHECK(verdict.verdict == AppendVerdict::accepted);
}

TEST_CASE("many rows: a gap is closed without asking each host for what waited") {
  constexpr int entities = 3'000;
  SqliteSubject subject;
  const auto journal = subject.open();
  std::vector<Line> lines;
  for (int i = 0; i < entities; ++i)
    for (const int sequence : {2, 1})
      lines.push_back({.id = fmt::format("e{}-{}", i, sequence),
                       .entity = fmt::format("e{}", i),
                       .sequence = sequence,
                       .urls = {fmt::format("http://h{}.test/", i)}});
  CHECK(seconds([&] { append_all(*journal, lines); }) < 3);
  CHECK(woken(*journal).size() == 1'000);  // as many as are asked for
}

TEST_CASE("many rows: events are listed and done ones found for a replay without asking each host") {
  constexpr int hosts = 3'000;
  SqliteSubject subject;
  const auto journal = subject.open();
  std::vector<Line> lines;
  for (int i = 0; i < hosts; ++i)
    lines.push_back({.id = fmt::format("e{}", i),
                     .entity = fmt::format("e{}", i % 100),
                     .urls = {fmt::format("http://h{}.test/", i)}});
  append_all(*journal, lines);
  change(subject, "UPDATE deliveries SET state = 4");
  const auto reader = SqliteReader::open(subject.path()).value();
  std::size_t listed = 0, done = 0;
  CHECK(seconds([&] {
          for (int i = 0; i < 100; ++i)
            must(reader.events({.entity = fmt::format("e{}", i)}, [&](const EventRecord& event) {
              listed += event.deliveries.size();
              return true;
            }));
        }) < 1);
  CHECK(listed == hosts);
  CHECK(seconds([&] {
          must(reader.final_deliveries({}, [&](const FinalDeliveryRecord&) {
            ++done;
            return true;
          }));
        }) < 1);
  CHECK(done == hosts);
}

TEST_CASE("many rows: dead letters are exported without reading all of them for each") {
  constexpr int dead = 20'000;
  SqliteSubject subject;
  const auto journal = subject.open();
  std::vector<Line> lines;
  for (int i = 0; i < dead; ++i) lines.push_back({.id = fmt::format("e{}", i), .entity = std::nullopt});
  append_all(*journal, lines);
  change(subject, "UPDATE deliveries SET state = 3, state_at = 1, attempts = 5");
  std::int64_t exported = 0;
  bool ascending = true;
  CHECK(seconds([&] {
          must(SqliteReader::open(subject.path()).value().dead_events({}, [&](const EventRecord& event) {
            ascending = ascending && event.position == Position{++exported} && event.payload == "{}";
            return true;
          }));
        }) < 3);
  CHECK(exported == dead);
  CHECK(ascending);
}

TEST_CASE("many rows: cleared lines are verified without reading all actions for each") {
  SqliteSubject subject;
  const auto journal = subject.open();
  add_rejects(subject, 8'000);
  change(subject, R"(
    UPDATE rejects SET cleared_at = reject_no;
    DELETE FROM reject_texts;
    INSERT INTO actions (verb, at, turn, note) SELECT 11, cleared_at, NULL, '1' FROM rejects ORDER BY reject_no DESC)");
  const double whole = seconds([&] {
    const auto report = verify(subject.path()).value();
    for (const auto& check : report.checks)
      if (check.name == "rejects") CHECK(check.findings == 0);
  });
  CHECK(whole < 2);
}

TEST_CASE("many rows: of a disordered stream that is done nothing is read to see how the journal stands") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_all(*journal,
             {{.id = "a2", .sequence = 2}, {.id = "a1", .sequence = 1}, {.id = "b", .entity = "b"}});
  change(subject,
         "UPDATE deliveries SET state = 4, attempts = 1; UPDATE delivery_queues SET low_watermark = 3;"
         "UPDATE progress SET last_wakeup = (SELECT max(action_no) FROM actions)");
  SQLite::Database database{subject.path()};
  CHECK(lowest_open_below_watermark(database).value() == INT64_MAX);
  // What is open in it is found though its delivery queue has been read past it.
  change(subject, "UPDATE deliveries SET state = 0, attempts = 0 WHERE position = 1");
  CHECK(lowest_open_below_watermark(database) == Position{1});
}
