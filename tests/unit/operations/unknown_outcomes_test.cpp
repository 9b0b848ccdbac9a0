// Unknown outcomes that are acknowledged.

#include "operations/unknown_outcomes.hpp"

#include "support/fakes.hpp"
#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

TEST_CASE_TEMPLATE("unknown outcomes are acknowledged however few at a time", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const ManualClock clock;
  append_all(*journal,
             {{.id = "a1", .entity = "a"}, {.id = "b1", .entity = "b"}, {.id = "c1", .entity = "c"}});
  for (const std::int64_t position : {1, 2, 3}) begin(*journal, delivery(*journal, position));
  {
    auto transaction = journal->begin().value();
    CHECK(transaction->recover(Orphans::retry, {}, clock.wall(), 10).value() == 3);
    must(transaction->commit());
  }
  CHECK(operations::acknowledge(*journal, clock, {}, {.dry_run = true}).value() == 3);
  CHECK(operations::acknowledge(*journal, clock, {.events = {"b1"}}).value() == 1);
  CHECK(operations::acknowledge(*journal, clock, {}, {.at_a_time = 1}).value() == 2);
  CHECK(operations::acknowledge(*journal, clock, {}).value() == 0);
  CHECK_FALSE(operations::acknowledge(*journal, clock, {.events = {"nothing"}}));
}
