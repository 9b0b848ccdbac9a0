// What the turn log holds, which the seam does not show: a row for each turn as long as anything of it is in
// flight, and no more rows than that takes.

#include "journal/sqlite/verify/verify.hpp"
#include "unit/journal/journals.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

using Log = std::vector<std::string>;

/// "turn: begun" of each row.
Log log_of(const SqliteSubject& subject) {
  SQLite::Database database{subject.path()};
  SQLite::Statement statement{database, "SELECT turn || ': ' || begun FROM turn_log ORDER BY turn"};
  Log rows;
  while (statement.executeStep()) rows.push_back(statement.getColumn(0).getString());
  return rows;
}

/// So many events of entities of their own, from position 1 on, in turn 1.
void append_events(Journal& journal, int count) {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i)
    lines.push_back({.id = fmt::format("e{}", i), .entity = fmt::format("{}", i)});
  append_all(journal, lines);
}

void begin_some(Transaction& transaction, const std::vector<std::int64_t>& positions) {
  std::vector<Intent> intents;
  for (const auto position : positions)
    intents.push_back({.key = {.queue = first_queue, .position = Position{position}}});
  const auto begun = transaction.begin(intents, noon).value();
  for (const Begun& one : begun) CHECK(one.won);
}

void end_some(Transaction& transaction, const std::vector<std::int64_t>& positions,
              Transition by = Transition::succeed) {
  const Outcome outcome = answered(by == Transition::succeed ? 200 : 500);
  std::vector<Settlement> ends;
  for (const auto position : positions)
    ends.push_back({.key = {.queue = first_queue, .position = Position{position}},
                    .by = by,
                    .due = noon,
                    .at = noon,
                    .outcome = &outcome});
  const auto settled = transaction.settle(ends).value();
  for (const Settled one : settled) CHECK(one == Settled::ours);
}

template <class Work>
void in_a_turn(Journal& journal, Work work) {
  auto transaction = journal.begin().value();
  work(*transaction);
  must(transaction->commit());
}

bool is_sound(const SqliteSubject& subject) {
  return verify(subject.path()).value().healthy();
}

}  // namespace

TEST_CASE("turn log: the row of a turn is there until the last of what it began has ended") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_events(*journal, 5);
  CHECK(log_of(subject).empty());
  in_a_turn(*journal, [](Transaction& turn) { begin_some(turn, {2, 1, 3}); });
  in_a_turn(*journal, [](Transaction& turn) { begin_some(turn, {4}); });
  CHECK(log_of(subject) == Log{"2: [[1,1],[1,2],[1,3]]", "3: [[1,4]]"});
  in_a_turn(*journal, [](Transaction& turn) {
    end_some(turn, {1, 3});
    begin_some(turn, {5});
  });
  CHECK(log_of(subject) == Log{"2: [[1,1],[1,2],[1,3]]", "3: [[1,4]]", "4: [[1,5]]"});
  CHECK(is_sound(subject));
  in_a_turn(*journal, [](Transaction& turn) { end_some(turn, {2, 4}, Transition::bury); });
  CHECK(log_of(subject) == Log{"4: [[1,5]]"});
  in_a_turn(*journal, [](Transaction& turn) { end_some(turn, {5}); });
  CHECK(log_of(subject).empty());
  CHECK(is_sound(subject));
}

TEST_CASE("turn log: a turn that began nothing that is still in flight has no row") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_events(*journal, 2);
  in_a_turn(*journal, [](Transaction& turn) {
    begin_some(turn, {1, 2});
    end_some(turn, {1, 2});
  });
  CHECK(log_of(subject).empty());
}

TEST_CASE("turn log: an abandoned turn leaves it as it was") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_events(*journal, 4);
  in_a_turn(*journal, [](Transaction& turn) { begin_some(turn, {1, 2}); });
  for (int times = 0; times < 2; ++times) {
    const auto turn = journal->begin().value();
    end_some(*turn, {1});
    begin_some(*turn, {3});
    if (times == 1)
      (void)turn->recover(Orphans::retry, {}, noon, 1).value();  // writes the row before the end
  }
  CHECK(log_of(subject) == Log{"2: [[1,1],[1,2]]"});
  in_a_turn(*journal, [](Transaction& turn) {
    end_some(turn, {1});
    begin_some(turn, {4});
  });
  CHECK(log_of(subject) == Log{"2: [[1,1],[1,2]]", "3: [[1,4]]"});
  in_a_turn(*journal, [](Transaction& turn) { end_some(turn, {2, 4}); });
  CHECK(log_of(subject).empty());
  CHECK(is_sound(subject));
}

TEST_CASE("turn log: who takes over everything leaves no row, and the one before deletes none of the next") {
  SqliteSubject subject;
  const auto gone = subject.open();
  append_events(*gone, 3);
  in_a_turn(*gone, [](Transaction& turn) { begin_some(turn, {1, 2, 3}); });
  const auto next = subject.open();
  in_a_turn(*next, [](Transaction& turn) { CHECK(turn.recover(Orphans::retry, {}, noon, 2).value() == 2); });
  CHECK(log_of(subject).size() == 1);
  in_a_turn(*next, [](Transaction& turn) { CHECK(turn.recover(Orphans::retry, {}, noon, 2).value() == 1); });
  CHECK(log_of(subject).empty());
  begin(*next, delivery(*next, 1));
  const auto log = log_of(subject);
  CHECK(log.size() == 1);
  in_a_turn(*gone, [](Transaction& turn) {
    const Outcome outcome = answered(200);
    const Settlement end{
        .key = {.queue = first_queue, .position = Position{2}}, .at = noon, .outcome = &outcome};
    CHECK(turn.settle({&end, 1}).value().at(0) == Settled::lost);
  });
  CHECK(log_of(subject) == log);
  CHECK(is_sound(subject));
}

TEST_CASE("turn log: a delivery that takes long does not keep the entries of all that began with it") {
  SqliteSubject subject;
  const auto journal = subject.open();
  constexpr int turns = 200, each = 20;
  append_events(*journal, turns * each);
  std::size_t longest = 0;
  for (int i = 0; i < turns; ++i) {
    std::vector<std::int64_t> quick;
    for (int j = 2; j <= each; ++j) quick.push_back(i * each + j);
    in_a_turn(*journal, [&](Transaction& turn) {
      begin_some(turn, quick);
      begin_some(turn, {i * each + 1});
    });
    in_a_turn(*journal, [&](Transaction& turn) { end_some(turn, quick); });
    std::size_t bytes = 0;
    for (const auto& row : log_of(subject)) bytes += row.size();
    longest = std::max(longest, bytes);
  }
  CHECK(longest < 20'000);  // of 50,000 bytes
  CHECK(is_sound(subject));
  const auto next = subject.open();
  in_a_turn(*next, [](Transaction& turn) {
    CHECK(turn.recover(Orphans::retry, {}, noon, 1'000).value() == std::size_t{turns});
  });
  CHECK(log_of(subject).empty());
  CHECK(is_sound(subject));
}
