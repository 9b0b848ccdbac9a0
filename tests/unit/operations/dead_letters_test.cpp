// Dead letters that are released or discarded, some at a time.

#include "operations/dead_letters.hpp"

#include "support/fakes.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/subscribed.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

/// Dead letters of so many entities, each with one that waits behind.
void bury(Journal& journal, int entities) {
  std::vector<test::Line> lines;
  for (int sequence = 1; sequence <= 2; ++sequence)
    for (int entity = 1; entity <= entities; ++entity)
      lines.push_back({.id = fmt::format("e{}-{}", entity, sequence), .entity = fmt::format("e{}", entity)});
  append_all(journal, lines);
  for (int position = 1; position <= entities; ++position) attempt(journal, position, Transition::bury);
}

std::int64_t count(Journal& journal, DeliveryState state) {
  return journal.state_counts().value().of(state);
}

}  // namespace

TEST_CASE_TEMPLATE("all dead letters are released however few are released at a time", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury(*journal, 7);
  const ManualClock clock;
  const auto released = operations::release(*journal, clock, {}, {.at_a_time = 2}).value();
  CHECK(released.deliveries == 7);
  REQUIRE(released.destinations.size() == 1);
  CHECK(released.destinations[0].url == "http://a.test/hook");
  CHECK(released.destinations[0].dead_letter == 7);
  CHECK(count(*journal, DeliveryState::dead_letter) == 0);
  CHECK(count(*journal, DeliveryState::pending) == 14);
  CHECK(woken(*journal).size() == 7);
}

TEST_CASE_TEMPLATE("a discard takes what the filter means and nothing else", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury(*journal, 5);
  const ManualClock clock;
  const auto discarded =
      operations::discard(*journal, clock, {.entities = {"e2", "e4"}}, {.at_a_time = 1}).value();
  CHECK(discarded.deliveries == 2);
  CHECK(state_of(*journal, 2) == DeliveryState::failed);
  CHECK(state_of(*journal, 3) == DeliveryState::dead_letter);
  CHECK(state_of(*journal, 4) == DeliveryState::failed);
}

TEST_CASE_TEMPLATE("a dry run counts and changes nothing", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury(*journal, 3);
  const ManualClock clock;
  CHECK(operations::release(*journal, clock, {}, {.dry_run = true, .at_a_time = 2}).value().deliveries == 3);
  CHECK(count(*journal, DeliveryState::dead_letter) == 3);
  CHECK(woken(*journal).empty());
}

TEST_CASE_TEMPLATE("a name that the journal does not know is misuse and changes nothing", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury(*journal, 2);
  const ManualClock clock;
  const auto released = operations::release(*journal, clock, {.entities = {"e1", "nobody"}});
  REQUIRE_FALSE(released);
  CHECK(released.error().failure == Failure::usage);
  CHECK(released.error().message == "the journal knows no entity nobody; nothing was changed");
  CHECK(count(*journal, DeliveryState::dead_letter) == 2);
}

TEST_CASE_TEMPLATE("a delivery that another operator was faster with is not counted", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto other = subject.open();
  bury(*journal, 3);
  // Another operator is faster with one of them: between the look and the turn.
  std::vector<DeliveryKey> keys;
  for (int position = 1; position <= 3; ++position) keys.push_back(delivery(*journal, position).key);
  {
    auto transaction = other->begin().value();
    CHECK(transaction->release({&keys[1], 1}, noon).value() == 1);
    must(transaction->commit());
  }
  auto transaction = journal->begin().value();
  CHECK(transaction->release(keys, noon).value() == 2);
  must(transaction->commit());
}

TEST_CASE_TEMPLATE("deliveries are counted by subscription and URL", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto shop = put(*journal, plain_subscription("shop"));
  append_along(*journal, "s1", "S", {route_of(shop), {"http://a.test/hook", "a.test"}});
  const auto queues = journal->queues(QueueNo{}).value();
  for (const auto& queue : queues) attempt(*journal, delivery(*journal, 1, queue.no), Transition::bury);
  const ManualClock clock;
  const auto affected = operations::release(*journal, clock, {}, {.dry_run = true}).value();
  REQUIRE(affected.destinations.size() == 2);
  CHECK(affected.destinations[0].subscription == "shop");
  CHECK(affected.destinations[0].url == shop.url);
  CHECK(affected.destinations[1].subscription == "");
  CHECK(affected.destinations[1].url == "http://a.test/hook");
}

TEST_CASE("of very many destinations some are told together") {
  operations::AffectedCount count{{}};
  for (int i = 0; i < 250; ++i)
    count.add({.row = {}, .url = fmt::format("http://{}.test/", i), .host = fmt::format("{}.test", i)});
  const auto affected = count.take();
  CHECK(affected.deliveries == 250);
  REQUIRE(affected.destinations.size() == 101);
  CHECK(affected.destinations.back().url == "");
  CHECK(affected.destinations.back().pending == 150);
}
