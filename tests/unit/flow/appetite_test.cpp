#include "flow/intake/appetite.hpp"

#include <doctest/doctest.h>

using namespace dispatch::flow;
using namespace std::chrono_literals;

namespace {

/// One that had no time to spare for a second.
Appetite busy() {
  Appetite appetite;
  appetite.note(0s, 1s);
  return appetite;
}

}  // namespace

TEST_CASE("a dispatcher with time to spare reads ahead whatever there is room for") {
  Appetite appetite;
  CHECK(appetite.events({.under_way = 50, .outcomes = 0}) == 128);
  CHECK(appetite.events({.under_way = 50, .outcomes = 100}) == 200);
  CHECK(appetite.events({.under_way = 50, .outcomes = 1}) == 32);
}

TEST_CASE("a busy dispatcher takes in nothing while those that answer have enough") {
  auto appetite = busy();
  CHECK(appetite.events({.under_way = 50, .outcomes = 40}) == 0);
  CHECK(appetite.events({.under_way = 50, .outcomes = 0}) == 0);
}

TEST_CASE("a busy dispatcher makes up for what it settled") {
  auto appetite = busy();
  for (int turn = 0; turn < 10; ++turn) appetite.events({.under_way = 50, .outcomes = 40});
  const auto events = appetite.events({.under_way = 50, .outcomes = 40, .freed = 40});
  CHECK(events >= 40);
  CHECK(events <= 44);
}

TEST_CASE("what waits already is begun first") {
  auto appetite = busy();
  for (int turn = 0; turn < 10; ++turn)
    appetite.events({.under_way = 50, .outcomes = 40, .freed = 40, .waiting = 40});
  CHECK(appetite.events({.under_way = 50, .outcomes = 40, .freed = 40, .waiting = 40}) == 0);
  CHECK(appetite.events({.under_way = 50, .outcomes = 40, .freed = 40, .waiting = 10}) == 30);
}

TEST_CASE("a host with a backlog needs no input") {
  auto appetite = busy();
  CHECK(appetite.events({.under_way = 50, .outcomes = 40}) == 0);
}

TEST_CASE("the excess grows while those that answer run short so that their share of the input is found") {
  auto appetite = busy();
  std::size_t events = 0;
  for (int turn = 0; turn < 10; ++turn)
    events = appetite.events({.under_way = 50, .outcomes = 4, .freed = 4});
  CHECK(events == 512);
}

TEST_CASE("with nothing under way there is nothing to wait for") {
  auto appetite = busy();
  CHECK(appetite.events({.under_way = 0, .outcomes = 0}) == 512);
}

TEST_CASE("idleness is that of the last tenth of a second") {
  auto appetite = busy();
  appetite.note(5ms, 5ms);
  CHECK(appetite.events({.under_way = 50, .outcomes = 40}) == 0);
  for (int turn = 0; turn < 100; ++turn) appetite.note(9ms, 1ms);
  CHECK(appetite.events({.under_way = 50, .outcomes = 40}) == 80);
  appetite.note(0s, 0s);  // no time has passed on this clock
  CHECK(appetite.events({.under_way = 50, .outcomes = 40}) == 80);
}
