// Deliveries that are sent elsewhere.

#include "operations/redirect.hpp"

#include "journal/journals.hpp"
#include "support/fakes.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

const std::vector<DeliveryState> open_states{DeliveryState::pending, DeliveryState::retry_wait,
                                             DeliveryState::dead_letter};
const Route elsewhere{"http://b.test/hook", "b.test"};

/// x: 1 is dead and 2 and 3 wait behind it; y: 1 is under way and 2 waits; z: 1 is done.
void fill(Journal& journal) {
  append_all(journal, {{.id = "x1", .entity = "x"},
                       {.id = "y1", .entity = "y"},
                       {.id = "x2", .entity = "x"},
                       {.id = "y2", .entity = "y"},
                       {.id = "x3", .entity = "x"},
                       {.id = "z1", .entity = "z"}});
  attempt(journal, 1, Transition::bury);
  begin(journal, delivery(journal, 2));
  attempt(journal, 6, Transition::succeed);
}

std::vector<DeliveryRow> at_second_outlet(Journal& journal) {
  return journal.scan(OutletNo{2}, Position{}, 100).value();
}

}  // namespace

TEST_CASE_TEMPLATE("whole lanes go elsewhere in order and one that is busy is left", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  fill(*journal);
  const ManualClock clock;
  const auto redirected =
      operations::redirect(*journal, clock, {}, open_states, elsewhere, {.at_a_time = 1}).value();
  CHECK(redirected.affected.deliveries == 3);
  CHECK(redirected.lanes == 1);
  for (const std::int64_t position : {1, 3, 5}) CHECK(state_of(*journal, position) == DeliveryState::failed);
  CHECK(state_of(*journal, 2) == DeliveryState::in_flight);
  CHECK(state_of(*journal, 4) == DeliveryState::pending);
  CHECK(state_of(*journal, 6) == DeliveryState::completed);

  const auto moved = at_second_outlet(*journal);
  CHECK(positions(moved) == std::vector<std::int64_t>{1, 3, 5});
  for (const auto& row : moved) {
    CHECK(row.state == DeliveryState::pending);
    CHECK(row.key.generation == moved.front().key.generation);
  }
  CHECK(positions(journal->open_in_lane(moved.front(), 10).value()) == std::vector<std::int64_t>{1, 3, 5});
  CHECK(begin(*journal, moved.front()).outgoing.url == elsewhere.url);
}

TEST_CASE_TEMPLATE("the whole lane of what is meant goes elsewhere and no other", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  fill(*journal);
  const ManualClock clock;
  operations::Redirected redirected;
  SUBCASE("by its dead letter") {
    redirected = operations::redirect(*journal, clock, {}, {DeliveryState::dead_letter}, elsewhere).value();
  }
  SUBCASE("by an event in its middle") {
    redirected = operations::redirect(*journal, clock, {.events = {"x2"}}, open_states, elsewhere).value();
  }
  SUBCASE("by its entity") {
    redirected = operations::redirect(*journal, clock, {.entities = {"x"}}, open_states, elsewhere).value();
  }
  CHECK(redirected.affected.deliveries == 3);
  CHECK(redirected.lanes == 0);
  CHECK(positions(at_second_outlet(*journal)) == std::vector<std::int64_t>{1, 3, 5});
  CHECK(state_of(*journal, 4) == DeliveryState::pending);
}

TEST_CASE_TEMPLATE("events without entity and numbers behind a gap are redirected", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a1", .entity = std::nullopt},
                        {.id = "x1", .entity = "x", .sequence = 1},
                        {.id = "a2", .entity = std::nullopt},
                        {.id = "x3", .entity = "x", .sequence = 3},
                        {.id = "a3", .entity = std::nullopt}});
  begin(*journal, delivery(*journal, 3));
  const ManualClock clock;
  const auto redirected =
      operations::redirect(*journal, clock, {}, open_states, elsewhere, {.at_a_time = 2}).value();
  CHECK(redirected.affected.deliveries == 4);
  CHECK(redirected.lanes == 0);  // a2 is in flight, which none of the states is
  CHECK(positions(at_second_outlet(*journal)) == std::vector<std::int64_t>{1, 2, 4, 5});
}

TEST_CASE_TEMPLATE("what goes there already is not redirected and a dry run changes nothing", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  fill(*journal);
  const ManualClock clock;
  const auto rehearsed =
      operations::redirect(*journal, clock, {}, open_states, elsewhere, {.dry_run = true}).value();
  CHECK(rehearsed.affected.deliveries == 3);
  CHECK(rehearsed.lanes == 1);
  CHECK(journal->outlets(OutletNo{}).value().size() == 1);
  const Route same{"http://a.test/hook", "a.test"};
  CHECK(operations::redirect(*journal, clock, {}, open_states, same).value().affected.deliveries == 0);
}
