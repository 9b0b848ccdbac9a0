// What an operator may name, whatever journal is behind the seam.

#include "unit/journal/journals.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

using Positions = std::vector<std::int64_t>;

const std::vector<DeliveryState> open_states{DeliveryState::pending, DeliveryState::retry_wait,
                                             DeliveryState::dead_letter};

/// All that a walk finds, so many at a time.
std::vector<SelectedDelivery> walk(Journal& journal, const Selection& selection, std::size_t at_a_time) {
  std::vector<SelectedDelivery> found;
  for (std::optional<SelectionPlace> place{std::in_place}; place;) {
    auto page = journal.select(selection, *place, at_a_time).value();
    CHECK(page.deliveries.size() <= at_a_time);
    std::move(page.deliveries.begin(), page.deliveries.end(), std::back_inserter(found));
    place = page.next;
  }
  return found;
}

Positions found(Journal& journal, const DeliveryFilter& filter,
                std::vector<DeliveryState> states = open_states) {
  Positions positions;
  const auto all = walk(journal, {.filter = filter, .states = std::move(states)}, 100);
  for (const auto& delivery : all) positions.push_back(delivery.row.key.position.value());
  std::sort(positions.begin(), positions.end());
  return positions;
}

/// Positions 1 and 2: dead letters of x and y; 3: of x, behind 1; 4: waits for a retry; 5: to another path of
/// the host; 6: to another host; 7: done; 8: is in flight.
void fill(Journal& journal) {
  append_all(journal, {{.id = "x1", .entity = "x", .type = "order.paid"},
                       {.id = "y1", .entity = "y", .type = "order"},
                       {.id = "x2", .entity = "x"},
                       {.id = "z1", .entity = "z", .type = "order.item.added"},
                       {.id = "alone", .entity = std::nullopt, .urls = {"http://a.test/other"}},
                       {.id = "far", .entity = "x", .urls = {"http://b.test/hook"}},
                       {.id = "done", .entity = "w"},
                       {.id = "going", .entity = "v"}});
  attempt(journal, 1, Transition::bury);
  attempt(journal, 2, Transition::bury);
  attempt(journal, 4, Transition::retry);
  attempt(journal, 7, Transition::succeed);
  begin(journal, delivery(journal, 8));
}

}  // namespace

TEST_CASE_TEMPLATE("select: what is meant is found by each condition and by all together", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  fill(*journal);
  CHECK(found(*journal, {}) == Positions{1, 2, 3, 4, 5, 6});
  CHECK(found(*journal, {}, {DeliveryState::dead_letter}) == Positions{1, 2});
  CHECK(found(*journal, {}, {DeliveryState::retry_wait, DeliveryState::dead_letter}) == Positions{1, 2, 4});
  CHECK(found(*journal, {.events = {"x2", "y1", "done"}}) == Positions{2, 3});
  CHECK(found(*journal, {.entities = {"x"}}) == Positions{1, 3, 6});
  CHECK(found(*journal, {.entities = {"y", "z"}}) == Positions{2, 4});
  CHECK(found(*journal, {.hosts = {"b.test"}}) == Positions{6});
  CHECK(found(*journal, {.urls = {"http://a.test/other", "http://b.test/hook"}}) == Positions{5, 6});
  CHECK(found(*journal, {.entities = {"x"}, .hosts = {"a.test"}}) == Positions{1, 3});
  CHECK(found(*journal, {.types = {"order.*"}}) == Positions{1, 4});
  CHECK(found(*journal, {.types = {"order", "order.paid"}}) == Positions{1, 2});
  CHECK(found(*journal, {.types = {"*"}}) == Positions{1, 2, 3, 4, 5, 6});
  CHECK(found(*journal, {.statuses = {{500, 599}}}, {DeliveryState::dead_letter}) == Positions{1, 2});
  CHECK(found(*journal, {.statuses = {{0, 0}}}, {DeliveryState::dead_letter}).empty());
  CHECK(found(*journal, {.statuses = {{0, 0}}}, {DeliveryState::pending}) == Positions{3, 5, 6});
  CHECK(found(*journal, {.accepted_since = noon}) == Positions{1, 2, 3, 4, 5, 6});
  CHECK(found(*journal, {.accepted_since = noon + std::chrono::seconds{1}}).empty());
  CHECK(found(*journal, {.accepted_until = noon}).empty());
  CHECK(found(*journal, {.dead_since = noon}) == Positions{1, 2});
  CHECK(found(*journal, {.dead_since = noon + std::chrono::seconds{1}}).empty());
}

TEST_CASE_TEMPLATE("select: a subscription is named by its id", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto shop = put(*journal, plain_subscription("shop"));
  const auto other = put(*journal, plain_subscription("other"));
  append_along(*journal, "s1", "S", {route_of(shop), route_of(other)});
  append_all(*journal, {{.id = "direct"}});
  const auto all = walk(*journal, {.filter = {.subscriptions = {"shop"}}, .states = open_states}, 10);
  REQUIRE(all.size() == 1);
  CHECK(all[0].row.subscription == shop.no);
  CHECK(all[0].url == shop.url);
  CHECK(all[0].host == shop.host);
}

TEST_CASE_TEMPLATE("select: a walk in small steps finds each delivery once", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  fill(*journal);
  for (const auto& states : {open_states, {DeliveryState::retry_wait, DeliveryState::dead_letter}}) {
    for (const bool newest_first : {false, true}) {
      for (const std::size_t at_a_time : {1, 2, 3}) {
        CAPTURE(at_a_time);
        const Selection selection{.filter = {}, .states = states, .newest_first = newest_first};
        std::vector<DeliveryKey> keys;
        for (const auto& delivery : walk(*journal, selection, at_a_time)) keys.push_back(delivery.row.key);
        std::sort(keys.begin(), keys.end());
        CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
        CHECK(keys.size() == (states.size() == 3 ? 6 : 3));
      }
    }
  }
}

TEST_CASE_TEMPLATE("select: the newest of a delivery queue come first where they are wanted first", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  fill(*journal);
  const auto all =
      walk(*journal, {.filter = {.hosts = {"a.test"}}, .states = open_states, .newest_first = true}, 2);
  Positions positions;
  for (const auto& delivery : all) positions.push_back(delivery.row.key.position.value());
  CHECK(positions == Positions{5, 4, 3, 2, 1});
}

TEST_CASE_TEMPLATE("select: what is open below the mark of its queue is found", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  fill(*journal);
  {
    auto transaction = journal->begin().value();
    auto queues = journal->queues(QueueNo{}).value();
    for (auto& queue : queues) queue.low_watermark = Position{4};
    must(transaction->save_progress(queues, 0));
    must(transaction->commit());
  }
  CHECK(found(*journal, {}) == Positions{1, 2, 3, 4, 5, 6});
}

TEST_CASE_TEMPLATE("select: names that the journal does not know are told", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  fill(*journal);
  put(*journal, plain_subscription("shop"));
  const auto unknown = journal->unknown_names({.events = {"x1", "x9"},
                                               .entities = {"x", "nobody"},
                                               .hosts = {"a.test", "c.test"},
                                               .urls = {"http://a.test/hook", "http://a.test/"},
                                               .subscriptions = {"shop", "none"}});
  CHECK(unknown.value() == std::vector<std::string>{"event x9", "entity nobody", "host c.test",
                                                    "URL http://a.test/", "subscription none"});
  CHECK(journal->unknown_names({.types = {"no.such"}}).value().empty());
}

TEST_CASE_TEMPLATE("select: events are found by the input that they came by", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto other = subject.open();
  append_all(*journal, {{.id = "unknown"}, {.id = "a1", .input = "/a"}, {.id = "a2", .input = "/a"}});
  append_all(*other,
             {{.id = "b1", .input = "/b"}, {.id = "a3", .input = "/a"}, {.id = "typed", .input = "-"}});
  append_all(*journal, {{.id = "a4", .input = "/a"}, {.id = "also unknown"}});
  append_all(*journal, {{.id = "a1", .input = "/b"}});  // a duplicate came by another before
  {
    auto transaction = journal->begin().value();
    append_here(*transaction, {{.id = "undone", .input = "/c"}});
  }
  append_all(*journal, {{.id = "b2", .input = "/b"}});
  CHECK(found(*journal, {.inputs = {"/a"}}) == Positions{2, 3, 5, 7});
  CHECK(found(*journal, {.inputs = {"/b"}}) == Positions{4, 9});
  CHECK(found(*journal, {.inputs = {"-", "/b"}}) == Positions{4, 6, 9});
  CHECK(journal->unknown_names({.inputs = {"/a", "/c"}}).value() ==
        std::vector<std::string>{"input file /c"});
}
