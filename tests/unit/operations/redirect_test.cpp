// Deliveries that are sent elsewhere.

#include "operations/redirect.hpp"

#include "support/fakes.hpp"
#include "support/journal/flawed_journal.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

const std::vector<DeliveryState> open_states{DeliveryState::pending, DeliveryState::in_flight,
                                             DeliveryState::retry_wait, DeliveryState::dead_letter};
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

/// Counts how often a lane is read.
class CountedReads final : public FlawedJournal {
 public:
  using FlawedJournal::FlawedJournal;
  Result<std::vector<DeliveryRow>> all_open_in_lane(const DeliveryKey& key) override {
    ++lanes_read;
    return FlawedJournal::all_open_in_lane(key);
  }
  int lanes_read = 0;
};

/// Interleaved streams e1, e2 and so on.
void append_streams(Journal& journal, int entities, int each) {
  std::vector<test::Line> lines;
  for (int sequence = 1; sequence <= each; ++sequence)
    for (int entity = 1; entity <= entities; ++entity)
      lines.push_back({.id = fmt::format("e{}-{}", entity, sequence), .entity = fmt::format("e{}", entity)});
  append_all(journal, lines);
}

/// Two events of e that were delivered to a.test, and replayed: to b.test, and to another URL at a.test. Both
/// replays are open.
void replay_twice(Journal& journal) {
  append_all(journal, {{.id = "e1", .entity = "e"}, {.id = "e2", .entity = "e"}});
  for (const std::int64_t position : {1, 2}) attempt(journal, position, Transition::succeed);
  const std::vector<DeliveryKey> done{delivery(journal, 1).key, delivery(journal, 2).key};
  REQUIRE(replay(journal, done, Route{"http://b.test/", "b.test"}) == 2);
  REQUIRE(replay(journal, done, Route{"http://a.test/2", "a.test"}) == 2);
}

std::vector<DeliveryRow> at_second_queue(Journal& journal) {
  return journal.scan(QueueNo{2}, Position{}, 100).value();
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
  CHECK(redirected.busy_lanes == 1);
  for (const std::int64_t position : {1, 3, 5}) CHECK(state_of(*journal, position) == DeliveryState::failed);
  CHECK(state_of(*journal, 2) == DeliveryState::in_flight);
  CHECK(state_of(*journal, 4) == DeliveryState::pending);
  CHECK(state_of(*journal, 6) == DeliveryState::completed);

  const auto moved = at_second_queue(*journal);
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
  CHECK(redirected.busy_lanes == 0);
  CHECK(positions(at_second_queue(*journal)) == std::vector<std::int64_t>{1, 3, 5});
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
  CHECK(redirected.busy_lanes == 1);  // a2 is in flight
  CHECK(positions(at_second_queue(*journal)) == std::vector<std::int64_t>{1, 2, 4, 5});
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
  CHECK(rehearsed.busy_lanes == 1);
  CHECK(journal->queues(QueueNo{}).value().size() == 1);
  const Route same{"http://a.test/hook", "a.test"};
  CHECK(operations::redirect(*journal, clock, {}, open_states, same).value().affected.deliveries == 0);
}

TEST_CASE_TEMPLATE("lanes of single deliveries with a request under way are left and counted", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .entity = "a"}, {.id = "b", .entity = std::nullopt}});
  for (const std::int64_t position : {1, 2}) begin(*journal, delivery(*journal, position));
  const ManualClock clock;
  for (const bool dry_run : {true, false}) {
    const auto redirected =
        operations::redirect(*journal, clock, {}, open_states, elsewhere, {.dry_run = dry_run}).value();
    CHECK(redirected.affected.deliveries == 0);
    CHECK(redirected.busy_lanes == 2);
  }
}

TEST_CASE_TEMPLATE("of two replays of an event one goes elsewhere and the other when that is done", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  replay_twice(*journal);
  const ManualClock clock;
  const Route to{"http://c.test/", "c.test"};
  std::size_t at_a_time = 500;
  SUBCASE("in one transaction") {}
  SUBCASE("in several") {
    at_a_time = 1;
  }
  const auto rehearsed =
      operations::redirect(*journal, clock, {}, open_states, to, {.dry_run = true, .at_a_time = at_a_time})
          .value();
  CHECK(rehearsed.affected.deliveries == 2);
  CHECK(rehearsed.repeated_lanes == 1);
  CHECK(rehearsed.exact);
  const auto redirected =
      operations::redirect(*journal, clock, {}, open_states, to, {.at_a_time = at_a_time}).value();
  CHECK(redirected.affected.deliveries == 2);
  CHECK(redirected.repeated_lanes == 1);
  const auto moved = journal->scan(QueueNo{3}, Position{}, 100).value();
  CHECK(positions(moved) == std::vector<std::int64_t>{1, 2});
  CHECK(operations::redirect(*journal, clock, {}, open_states, to).value().affected.deliveries == 0);

  for (const auto& row : moved) attempt(*journal, row, Transition::succeed);
  const auto again = operations::redirect(*journal, clock, {}, open_states, to).value();
  CHECK(again.affected.deliveries == 2);
  CHECK(again.repeated_lanes == 0);
  CHECK(journal->scan(QueueNo{3}, Position{}, 100).value().size() == 4);
}

TEST_CASE_TEMPLATE("a replay that is on its way to a host is not joined there by another one", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  replay_twice(*journal);
  const ManualClock clock;
  const auto redirected =
      operations::redirect(*journal, clock, {.hosts = {"a.test"}}, open_states, elsewhere).value();
  CHECK(redirected.affected.deliveries == 0);
  CHECK(redirected.repeated_lanes == 1);
  CHECK(at_second_queue(*journal).size() == 2);
}

TEST_CASE_TEMPLATE("a long lane is read once and not again for each of its deliveries", Subject, JOURNALS) {
  Subject subject;
  CountedReads journal{subject.open()};
  append_streams(journal, 1, 40);
  const ManualClock clock;
  const auto redirected = operations::redirect(journal, clock, {}, open_states, elsewhere, {.at_a_time = 20});
  CHECK(redirected.value().affected.deliveries == 40);
  CHECK(journal.lanes_read == 1);
}

TEST_CASE_TEMPLATE("a dry run remembers no more lanes than it may and says so", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_streams(*journal, 5, 3);
  const ManualClock clock;
  const auto rehearse = [&](const DeliveryFilter& which, std::size_t remembered) {
    const operations::OperationOptions options{
        .dry_run = true, .at_a_time = 4, .lanes_remembered = remembered};
    return operations::redirect(*journal, clock, which, open_states, elsewhere, options).value();
  };
  CHECK(rehearse({}, 5).affected.deliveries == 15);
  CHECK(rehearse({}, 5).exact);
  CHECK(rehearse({}, 2).affected.deliveries == 15);
  CHECK_FALSE(rehearse({}, 2).exact);
  CHECK(rehearse({.events = {"e1-2", "e4-3"}}, 2).affected.deliveries == 6);
  CHECK(rehearse({.events = {"e1-2", "e4-3"}}, 1).affected.deliveries == 4);
}
