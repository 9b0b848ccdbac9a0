#include "flow/intake/ingest_budget.hpp"

#include <doctest/doctest.h>

using namespace dispatch::flow;
using namespace std::chrono_literals;

namespace {

/// One that had no time to spare for a second.
IngestBudget busy() {
  IngestBudget budget;
  budget.note(0s, 1s);
  return budget;
}

}  // namespace

TEST_CASE("a dispatcher with time to spare reads ahead whatever there is room for") {
  IngestBudget budget;
  CHECK(budget.events({.under_way = 50, .outcomes = 0}) == 128);
  CHECK(budget.events({.under_way = 50, .outcomes = 100}) == 200);
  CHECK(budget.events({.under_way = 50, .outcomes = 1}) == 32);
}

TEST_CASE("a busy dispatcher takes in nothing while those that answer have enough") {
  auto budget = busy();
  CHECK(budget.events({.under_way = 50, .outcomes = 40}) == 0);
  CHECK(budget.events({.under_way = 50, .outcomes = 0}) == 0);
}

TEST_CASE("a busy dispatcher makes up for what it settled") {
  auto budget = busy();
  for (int turn = 0; turn < 10; ++turn) budget.events({.under_way = 50, .outcomes = 40});
  const auto events = budget.events({.under_way = 50, .outcomes = 40, .freed = 40});
  CHECK(events >= 40);
  CHECK(events <= 44);
}

TEST_CASE("what waits already is begun first") {
  auto budget = busy();
  for (int turn = 0; turn < 10; ++turn)
    budget.events({.under_way = 50, .outcomes = 40, .freed = 40, .waiting = 40});
  CHECK(budget.events({.under_way = 50, .outcomes = 40, .freed = 40, .waiting = 40}) == 0);
  CHECK(budget.events({.under_way = 50, .outcomes = 40, .freed = 40, .waiting = 10}) == 30);
}

TEST_CASE("a host with a backlog needs no input") {
  auto budget = busy();
  CHECK(budget.events({.under_way = 50, .outcomes = 40}) == 0);
}

TEST_CASE("the excess grows while those that answer run short so that their share of the input is found") {
  auto budget = busy();
  std::size_t events = 0;
  for (int turn = 0; turn < 10; ++turn) events = budget.events({.under_way = 50, .outcomes = 4, .freed = 4});
  CHECK(events == 512);
}

TEST_CASE("with nothing under way there is nothing to wait for") {
  auto budget = busy();
  CHECK(budget.events({.under_way = 0, .outcomes = 0}) == 512);
}

TEST_CASE("idleness is that of the last tenth of a second") {
  auto budget = busy();
  budget.note(5ms, 5ms);
  CHECK(budget.events({.under_way = 50, .outcomes = 40}) == 0);
  for (int turn = 0; turn < 100; ++turn) budget.note(9ms, 1ms);
  CHECK(budget.events({.under_way = 50, .outcomes = 40}) == 80);
  budget.note(0s, 0s);  // no time has passed on this clock
  CHECK(budget.events({.under_way = 50, .outcomes = 40}) == 80);
}
