// What a journal does about due times where the wall clock was set.

#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// A delivery that began at noon, failed a second later, and is to be tried again ten seconds after that.
DeliveryRow waiting(Journal& journal, const std::string& id, std::int64_t position) {
  append(journal, {.id = id, .entity = {}, .sequence = {}});
  auto row = delivery(journal, position);
  REQUIRE(begin(journal, row, noon).won);
  Outcome failed = answered(500);
  failed.took = 1s;
  const Settlement settlement{
      .key = row.key, .by = Transition::retry, .due = noon + 11s, .at = noon + 1s, .outcome = &failed};
  auto transaction = journal.begin().value();
  must(transaction->settle({&settlement, 1}));
  must(transaction->commit());
  return delivery(journal, position);
}

std::int64_t bound(Journal& journal, WallTime now, std::chrono::microseconds longest) {
  auto transaction = journal.begin().value();
  const auto changed = transaction->bound_waits(now, longest).value();
  must(transaction->commit());
  return changed;
}

std::int64_t move(Journal& journal, std::chrono::microseconds by, WallTime now = noon,
                  std::chrono::microseconds longest = 1000h) {
  auto transaction = journal.begin().value();
  const auto changed = transaction->move_waits(by, now, longest).value();
  must(transaction->commit());
  return changed;
}

}  // namespace

TEST_CASE_TEMPLATE("clock: a wait that began in the future begins now", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto row = waiting(*journal, "a", 1);
  CHECK(bound(*journal, noon - 240h, 1h) == 1);
  CHECK(delivery(*journal, 1).state_at == noon - 240h + 10s);
  CHECK(journal->next_due(row.key.queue, {}).value() == noon - 240h + 10s);
  CHECK(bound(*journal, noon - 240h, 1h) == 0);
}

TEST_CASE_TEMPLATE("clock: a wait that is longer than the policy allows is cut", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  waiting(*journal, "a", 1);
  CHECK(bound(*journal, noon + 2s, 10s) == 0);
  CHECK(delivery(*journal, 1).state_at == noon + 11s);
  CHECK(bound(*journal, noon + 2s, 3s) == 1);
  CHECK(delivery(*journal, 1).state_at == noon + 5s);
  CHECK(bound(*journal, noon - 240h, 2s) == 1);
  CHECK(delivery(*journal, 1).state_at == noon - 240h + 2s);
}

TEST_CASE_TEMPLATE("clock: what is due stays due and what does not wait is left alone", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  waiting(*journal, "a", 1);
  append(*journal, {.id = "b", .entity = {}, .sequence = {}});
  CHECK(bound(*journal, noon + 240h, 1s) == 0);
  CHECK(delivery(*journal, 1).state_at == noon + 11s);
  CHECK(delivery(*journal, 2).state == DeliveryState::pending);
}

TEST_CASE_TEMPLATE("clock: all waits move with the clock", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  waiting(*journal, "a", 1);
  waiting(*journal, "b", 2);
  append(*journal, {.id = "c", .entity = {}, .sequence = {}});
  CHECK(move(*journal, -240h) == 2);
  CHECK(delivery(*journal, 1).state_at == noon + 11s - 240h);
  CHECK(delivery(*journal, 2).state_at == noon + 11s - 240h);
  CHECK(move(*journal, 241h) == 2);
  CHECK(delivery(*journal, 1).state_at == noon + 11s + 1h);
}

TEST_CASE_TEMPLATE("clock: a wait that moves with the clock is no longer than the policy allows", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  waiting(*journal, "a", 1);
  CHECK(move(*journal, 240h, noon + 240h, 5s) == 1);
  CHECK(delivery(*journal, 1).state_at == noon + 240h + 5s);
}
