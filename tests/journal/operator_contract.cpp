// What operators may do, whatever journal is behind the seam.

#include "journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

std::int64_t release(Journal& journal, const DeadLetters& which) {
  auto turn = Turn::begin(journal).value();
  const auto released = journal.release(which, noon).value();
  must(turn.commit());
  return released;
}

std::int64_t discard(Journal& journal, const DeadLetters& which) {
  auto turn = Turn::begin(journal).value();
  const auto discarded = journal.discard(which, noon).value();
  must(turn.commit());
  return discarded;
}

auto skip(Journal& journal, std::string_view entity) {
  auto turn = Turn::begin(journal).value();
  const auto skipped = journal.skip_gap(entity, noon).value();
  must(turn.commit());
  return skipped;
}

/// Two entities with a dead letter each, and something pending behind.
void bury_two(Journal& journal) {
  append_all(journal,
             {{.id = "x1", .entity = "x"}, {.id = "y1", .entity = "y"}, {.id = "x2", .entity = "x"}});
  attempt(journal, 1, Transition::bury);
  attempt(journal, 2, Transition::bury);
}

}  // namespace

TEST_CASE_TEMPLATE("release: a dead letter is pending again with its attempts forgiven and its lane woken",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  DeadLetters which;
  std::vector<std::int64_t> affected;
  SUBCASE("by entity") {
    which.entity = "x";
    affected = {1};
  }
  SUBCASE("by event") {
    which.event = "y1";
    affected = {2};
  }
  SUBCASE("all") {
    affected = {1, 2};
  }
  CHECK(release(*journal, which) == static_cast<std::int64_t>(affected.size()));
  CHECK(woken(*journal) == affected);
  for (const std::int64_t position : affected) {
    const auto row = delivery(*journal, position);
    CHECK(row.state == DeliveryState::pending);
    CHECK(row.attempts == 1);
    CHECK(row.forgiven == 1);
  }
  const auto tally = journal->tally().value();
  CHECK(tally.of(DeliveryState::dead_letter) == 2 - static_cast<std::int64_t>(affected.size()));
  CHECK(tally.of(DeliveryState::pending) == 1 + static_cast<std::int64_t>(affected.size()));
}

TEST_CASE_TEMPLATE("release: what is not a dead letter is left alone", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  CHECK(release(*journal, {.entity = "nobody", .event = {}}) == 0);
  CHECK(release(*journal, {.entity = {}, .event = "x2"}) == 0);
  CHECK(release(*journal, {.entity = "y", .event = "x1"}) == 0);
  CHECK(woken(*journal).empty());
}

TEST_CASE_TEMPLATE("release: the attempts go on being counted", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  release(*journal, {});
  CHECK(begin(*journal, delivery(*journal, 1)).outgoing.attempt == 2);
}

TEST_CASE_TEMPLATE("discard: a dead letter has failed and its lane is woken to move on", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  bury_two(*journal);
  CHECK(discard(*journal, {.entity = "x", .event = {}}) == 1);
  CHECK(state_of(*journal, 1) == DeliveryState::failed);
  CHECK(woken(*journal) == std::vector<std::int64_t>{1});
  CHECK(journal->head(delivery(*journal, 1).key).value()->key.position == Position{3});
  CHECK(journal->tally().value().of(DeliveryState::failed) == 1);
  CHECK(release(*journal, {.entity = "x", .event = {}}) == 0);
}

TEST_CASE_TEMPLATE("wakes: they are numbered and read on from where one stopped", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto other = subject.open();
  bury_two(*journal);
  release(*other, {.entity = "x", .event = {}});
  const auto first = journal->wakes(0, 10).value();
  REQUIRE(first.size() == 1);
  discard(*other, {.entity = "y", .event = {}});
  const auto second = journal->wakes(first[0].action, 10).value();
  REQUIRE(second.size() == 1);
  CHECK(second[0].action > first[0].action);
  CHECK(second[0].key.position == Position{2});
  CHECK(journal->wakes(0, 1).value().size() == 1);
}

TEST_CASE_TEMPLATE("skip: the lowest gap is accepted and what waited for it is woken", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "3", .sequence = 3}, {.id = "4"}, {.id = "7", .sequence = 7}});
  const auto first = skip(*journal, "order-1");
  REQUIRE(first.has_value());
  CHECK(first->first == SequenceNumber{1});
  CHECK(first->second == SequenceNumber{2});
  CHECK(woken(*journal) == std::vector<std::int64_t>{1});
  CHECK_FALSE(journal->predecessor(delivery(*journal, 1)).value().gap);
  CHECK(journal->predecessor(delivery(*journal, 3)).value().gap);
  const auto second = skip(*journal, "order-1");
  REQUIRE(second.has_value());
  CHECK(second->first == SequenceNumber{5});
  CHECK(second->second == SequenceNumber{6});
  CHECK(woken(*journal, 1) == std::vector<std::int64_t>{3});
  CHECK_FALSE(skip(*journal, "order-1").has_value());
  CHECK_FALSE(skip(*journal, "nobody").has_value());
}

TEST_CASE_TEMPLATE("skip: the first delivery of every lane behind the gap is woken", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "2", .sequence = 2, .urls = {"http://a.test/"}},
                        {.id = "3", .sequence = 3, .urls = {"http://a.test/", "http://b.test/"}},
                        {.id = "4", .sequence = 4, .urls = {"http://b.test/", "http://c.test/"}}});
  skip(*journal, "order-1");
  const auto wakes = journal->wakes(0, 10).value();
  REQUIRE(wakes.size() == 3);
  CHECK(wakes[0].key == DeliveryKey{.outlet = OutletNo{1}, .position = Position{1}});
  CHECK(wakes[1].key == DeliveryKey{.outlet = OutletNo{2}, .position = Position{2}});
  CHECK(wakes[2].key == DeliveryKey{.outlet = OutletNo{3}, .position = Position{3}});
}

TEST_CASE_TEMPLATE("skip: a number skipped part way is kept apart from what had arrived", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "5", .sequence = 5}, {.id = "3", .sequence = 3}});
  skip(*journal, "order-1");
  CHECK(append(*journal, {.id = "1", .sequence = 1}).verdict == AppendVerdict::sequence_skipped);
  CHECK(append(*journal, {.id = "4", .sequence = 4}).verdict == AppendVerdict::accepted);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 1)).value().gap);
}
