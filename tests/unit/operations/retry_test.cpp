// What waits for a time and is tried now.

#include "operations/retry.hpp"

#include "support/fakes.hpp"
#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// x and y wait for a day; z is dead; w is pending behind an open circuit of its own.
void fill(Journal& journal, WallTime now) {
  append_all(journal, {{.id = "x1", .entity = "x"},
                       {.id = "y1", .entity = "y"},
                       {.id = "z1", .entity = "z"},
                       {.id = "w1", .entity = "w", .urls = {"http://a.test/down"}},
                       {.id = "w2", .entity = "w", .urls = {"http://a.test/down"}}});
  attempt(journal, 1, Transition::retry, now + 24h);
  attempt(journal, 2, Transition::retry, now + 24h);
  attempt(journal, 3, Transition::bury);
  const CircuitRow open[] = {
      {.destination = delivery(journal, 4).destination, .half_open = false, .since = now}};
  auto transaction = journal.begin().value();
  must(transaction->save_circuits(open, {}));
  must(transaction->commit());
}

}  // namespace

TEST_CASE_TEMPLATE("what waits for a time is due and a delivery asks each circuit", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const ManualClock clock;
  const WallTime now = clock.wall();
  fill(*journal, now);
  const auto rehearsed = operations::retry(*journal, clock, {}, {.dry_run = true}).value();
  CHECK(rehearsed.affected.deliveries == 3);
  CHECK(rehearsed.circuits == 1);
  CHECK(delivery(*journal, 1).state_at == now + 24h);

  const auto retried = operations::retry(*journal, clock, {}, {.at_a_time = 1}).value();
  CHECK(retried.affected.deliveries == 3);
  CHECK(retried.affected.dead_letters == 1);
  CHECK(retried.circuits == 1);
  CHECK(delivery(*journal, 1).state_at == now);
  CHECK(delivery(*journal, 2).state_at == now);
  CHECK(journal->circuits().value().at(0).half_open);

  const auto again = operations::retry(*journal, clock, {}).value();
  CHECK(again.affected.deliveries == 0);
  CHECK(again.circuits == 0);
}

TEST_CASE_TEMPLATE("a hold ends although all that waits behind it is pending", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const ManualClock clock;
  const WallTime now = clock.wall();
  append_all(*journal, {{.id = "x1", .entity = "x"}, {.id = "y1", .entity = "y"}});
  const ThrottleRow held[] = {{.destination = delivery(*journal, 1).destination,
                               .hold_until = now + 10min,
                               .millihertz = 1'000,
                               .doubles = true}};
  {
    auto transaction = journal->begin().value();
    must(transaction->save_throttles(held, {}));
    must(transaction->commit());
  }
  const auto rehearsed = operations::retry(*journal, clock, {}, {.dry_run = true}).value();
  CHECK(rehearsed.holds == 1);
  CHECK(journal->throttles().value().at(0).hold_until == now + 10min);
  const auto retried = operations::retry(*journal, clock, {}).value();
  CHECK(retried.holds == 1);
  CHECK(retried.affected.deliveries == 1);
  CHECK(journal->throttles().value().at(0).hold_until == now);
  CHECK(operations::retry(*journal, clock, {}).value().affected.deliveries == 0);
}

TEST_CASE_TEMPLATE("only what the filter means is tried now", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const ManualClock clock;
  const WallTime now = clock.wall();
  fill(*journal, now);
  const auto retried = operations::retry(*journal, clock, {.entities = {"y"}}).value();
  CHECK(retried.affected.deliveries == 1);
  CHECK(retried.circuits == 0);
  CHECK(delivery(*journal, 1).state_at == now + 24h);
  CHECK(delivery(*journal, 2).state_at == now);
  CHECK_FALSE(journal->circuits().value().at(0).half_open);
  CHECK_FALSE(operations::retry(*journal, clock, {.entities = {"nobody"}}));
}
