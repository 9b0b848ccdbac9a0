#include "flow/rules/sync_rule.hpp"

#include <doctest/doctest.h>

using namespace dispatch::flow;
using namespace std::chrono_literals;

TEST_CASE("sync rule: where work waits the dispatcher goes on") {
  const SyncRule rule;
  CHECK(rule.goes_on({.work_waits = true, .under_way = 0}));
  CHECK(rule.goes_on({.work_waits = true, .under_way = 5}));
}

TEST_CASE("sync rule: where nothing can come meanwhile it waits however long that takes") {
  SyncRule rule;
  for (int i = 0; i < 10; ++i) rule.note(50ms);
  CHECK_FALSE(rule.goes_on({.work_waits = false, .under_way = 0}));
}

TEST_CASE("sync rule: for outcomes to come it goes on where syncs take long") {
  SyncRule rule;
  for (int i = 0; i < 20; ++i) rule.note(100us);
  CHECK_FALSE(rule.goes_on({.work_waits = false, .under_way = 1}));
  for (int i = 0; i < 20; ++i) rule.note(5ms);
  CHECK(rule.goes_on({.work_waits = false, .under_way = 1}));
  for (int i = 0; i < 20; ++i) rule.note(100us);
  CHECK_FALSE(rule.goes_on({.work_waits = false, .under_way = 1}));
}

TEST_CASE("sync rule: it may be told always or never to wait") {
  const SyncRule always{CommitWait::always}, never{CommitWait::never};
  for (const bool work : {false, true}) {
    CHECK_FALSE(always.goes_on({.work_waits = work, .under_way = 1}));
    CHECK(never.goes_on({.work_waits = work, .under_way = 0}));
  }
}
