// What the pump reads, whatever journal is behind the seam.

#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Positions = std::vector<std::int64_t>;

}  // namespace

TEST_CASE_TEMPLATE("scan: pages through a delivery queue in the order of positions whatever the states",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a"}, {.id = "b", .urls = {"http://b.test/"}}, {.id = "c"}, {.id = "d"}});
  attempt(*journal, 1, Transition::succeed);
  CHECK(positions(journal->scan(first_queue, Position{0}, 2).value()) == Positions{1, 3});
  CHECK(positions(journal->scan(first_queue, Position{3}, 2).value()) == Positions{4});
  CHECK(journal->scan(first_queue, Position{4}, 2).value().empty());
  CHECK(positions(journal->scan(QueueNo{2}, Position{0}, 2).value()) == Positions{2});
  CHECK(journal->scan(QueueNo{3}, Position{0}, 2).value().empty());
}

TEST_CASE_TEMPLATE("has_several_destinations: counts the URLs of a delivery queue and not their deliveries",
                   Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a"}, {.id = "b"}, {.id = "c", .urls = {"http://b.test/"}}});
  CHECK_FALSE(journal->has_several_destinations(first_queue).value());
  CHECK_FALSE(journal->has_several_destinations(QueueNo{2}).value());
  CHECK_FALSE(journal->has_several_destinations(QueueNo{3}).value());
  append_all(*journal, {{.id = "d", .urls = {"http://b.test/other"}}});
  CHECK_FALSE(journal->has_several_destinations(first_queue).value());
  CHECK(journal->has_several_destinations(QueueNo{2}).value());
}

TEST_CASE_TEMPLATE("due: the longest due comes first and each delivery queue has its own", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .entity = "1"},
                        {.id = "b", .entity = "2"},
                        {.id = "c", .entity = "3"},
                        {.id = "d", .entity = "4", .urls = {"http://b.test/"}}});
  CHECK_FALSE(journal->next_due(first_queue, DuePlace::after(noon)).value().has_value());
  attempt(*journal, 1, Transition::retry, noon + 3s);
  attempt(*journal, 2, Transition::retry, noon + 1s);
  attempt(*journal, 3, Transition::retry, noon + 2s);
  CHECK(journal->due(first_queue, {}, DuePlace::after(noon), 10).value().empty());
  CHECK(positions(journal->due(first_queue, {}, DuePlace::after(noon + 2s), 10).value()) == Positions{2, 3});
  CHECK(positions(journal->due(first_queue, {}, DuePlace::after(noon + 1min), 2).value()) == Positions{2, 3});
  CHECK(positions(
            journal->due(first_queue, DuePlace::after(noon + 1s), DuePlace::after(noon + 1min), 2).value()) ==
        Positions{3, 1});
  CHECK(journal->due(QueueNo{2}, {}, DuePlace::after(noon + 1min), 10).value().empty());
  CHECK(journal->next_due(first_queue, DuePlace::after(noon)).value() == noon + 1s);
  CHECK(journal->next_due(first_queue, DuePlace::after(noon + 1s)).value() == noon + 2s);
  CHECK_FALSE(journal->next_due(first_queue, DuePlace::after(noon + 3s)).value().has_value());
  CHECK_FALSE(journal->next_due(QueueNo{2}, DuePlace::after(noon)).value().has_value());
}

TEST_CASE_TEMPLATE("due: of any number that are due at one time no more come than are asked for", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .entity = "1"}, {.id = "b", .entity = "2"}, {.id = "c", .entity = "3"}});
  for (const int position : {1, 2, 3}) attempt(*journal, position, Transition::retry, noon + 1s);
  const auto until = DuePlace::after(noon + 2s);
  const auto first = journal->due(first_queue, DuePlace::after(noon), until, 2).value();
  CHECK(positions(first) == Positions{1, 2});
  CHECK(positions(journal->due(first_queue, DuePlace::of(first.at(1)), until, 2).value()) == Positions{3});
  CHECK(positions(journal->due(first_queue, DuePlace::before(first.at(1)), until, 2).value()) ==
        Positions{2, 3});
  CHECK(positions(journal->due(first_queue, {}, DuePlace::of(first.at(1)), 3).value()) == Positions{1, 2});
  CHECK(positions(journal->due(first_queue, {}, DuePlace::before(noon + 1s), 3).value()).empty());
  CHECK(journal->due(first_queue, DuePlace::after(noon + 1s), until, 2).value().empty());
  CHECK(journal->next_due(first_queue, DuePlace::of(first.at(1))).value() == noon + 1s);
  CHECK_FALSE(journal->next_due(first_queue, DuePlace::after(noon + 1s)).value().has_value());
}

TEST_CASE_TEMPLATE("predecessor: is the nearest lower delivery of the same lane that is not done", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"},
                        {.id = "2", .urls = {"http://a.test/other"}},
                        {.id = "o", .entity = "order-2"},
                        {.id = "3"},
                        {.id = "4"}});
  const auto first = journal->predecessor(delivery(*journal, 1)).value();
  CHECK_FALSE(first.open);
  CHECK_FALSE(first.gap);
  CHECK_FALSE(first.disordered);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 2)).value().open);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 3)).value().open);
  CHECK(journal->predecessor(delivery(*journal, 4)).value().open == SequenceNumber{1});
  CHECK(journal->predecessor(delivery(*journal, 5)).value().open == SequenceNumber{3});
  attempt(*journal, 1, Transition::succeed);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 4)).value().open);
}

TEST_CASE_TEMPLATE("predecessor: in a disordered stream it may stand at a higher position", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "2", .sequence = 2}, {.id = "1", .sequence = 1}});
  const auto before = journal->predecessor(delivery(*journal, 1)).value();
  CHECK(before.disordered);
  CHECK_FALSE(before.gap);
  CHECK(before.open == SequenceNumber{1});
}

TEST_CASE_TEMPLATE("predecessor: a gap holds back every lane of its entity", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"}, {.id = "3", .sequence = 3, .urls = {"http://b.test/"}}, {.id = "4"}});
  const auto at_b = journal->predecessor(delivery(*journal, 2, QueueNo{2})).value();
  CHECK(at_b.gap);
  CHECK_FALSE(at_b.open);
  CHECK(journal->predecessor(delivery(*journal, 3)).value().gap);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 1)).value().gap);
}

TEST_CASE_TEMPLATE("open in lane: those that are not done in their order", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"},
                        {.id = "2"},
                        {.id = "o", .entity = "order-2"},
                        {.id = "3", .urls = {"http://b.test/"}},
                        {.id = "4"},
                        {.id = "5"}});
  const auto row = delivery(*journal, 1);
  CHECK(positions(journal->open_in_lane(row, 10).value()) == Positions{1, 2, 5, 6});
  attempt(*journal, 1, Transition::succeed);
  CHECK(positions(journal->open_in_lane(row, 10).value()) == Positions{2, 5, 6});
  CHECK(positions(journal->open_in_lane(row, 2).value()) == Positions{2, 5});
  CHECK(positions(journal->open_in_lane(delivery(*journal, 6), 10).value()) == Positions{6});
  CHECK(journal->open_in_lane(row, 0).value().empty());
}

TEST_CASE_TEMPLATE("open in lane: the first in whatever state and then what is pending", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "4"}, {.id = "5"}});
  attempt(*journal, 1, Transition::succeed);
  attempt(*journal, 2, Transition::succeed);
  CHECK(positions(journal->open_in_lane(delivery(*journal, 1), 10).value()) == Positions{3, 4, 5});
  attempt(*journal, 3, Transition::succeed);
  begin(*journal, delivery(*journal, 4));
  CHECK(positions(journal->open_in_lane(delivery(*journal, 1), 10).value()) == Positions{4});
  end(*journal, delivery(*journal, 4), Transition::bury);
  const auto blocked = journal->open_in_lane(delivery(*journal, 3), 10).value();
  CHECK(positions(blocked) == Positions{4});
  CHECK(blocked.at(0).state == DeliveryState::dead_letter);
}

TEST_CASE_TEMPLATE("open in lane: an open gap ends it and a skipped one does not", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"}, {.id = "2"}, {.id = "4", .sequence = 4}});
  CHECK(positions(journal->open_in_lane(delivery(*journal, 1), 10).value()) == Positions{1, 2});
  auto transaction = journal->begin().value();
  transaction->skip_gap("order-1", std::nullopt, noon).value();
  must(transaction->commit());
  CHECK(positions(journal->open_in_lane(delivery(*journal, 1), 10).value()) == Positions{1, 2, 3});
}

TEST_CASE_TEMPLATE("open in lane: an event without an entity is alone in its lane", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .entity = {}}, {.id = "b", .entity = {}}});
  CHECK(positions(journal->open_in_lane(delivery(*journal, 1), 10).value()) == Positions{1});
  attempt(*journal, 1, Transition::succeed);
  CHECK(journal->open_in_lane(delivery(*journal, 1), 10).value().empty());
}

TEST_CASE_TEMPLATE("head: is the first of the lane that is not done", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"}, {.id = "2"}, {.id = "3"}, {.id = "o", .urls = {"http://b.test/"}}});
  const auto head_of = [&](std::int64_t position, QueueNo queue = first_queue) -> std::int64_t {
    const auto head = journal->head(delivery(*journal, position, queue).key).value();
    return head ? head->key.position.value() : 0;
  };
  CHECK(head_of(3) == 1);
  CHECK(head_of(1) == 1);
  attempt(*journal, 1, Transition::succeed);
  CHECK(head_of(1) == 2);
  CHECK(head_of(3) == 2);
  attempt(*journal, 2, Transition::succeed);
  attempt(*journal, 3, Transition::succeed);
  CHECK(head_of(2) == 0);
  CHECK(head_of(4, QueueNo{2}) == 4);
  CHECK_FALSE(journal->head({.queue = first_queue, .position = Position{99}}).value().has_value());
}

TEST_CASE_TEMPLATE("head: an event without an entity is its own", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .entity = {}}, {.id = "b", .entity = {}}});
  CHECK(journal->head(delivery(*journal, 2).key).value()->key.position == Position{2});
  attempt(*journal, 2, Transition::succeed);
  CHECK_FALSE(journal->head(delivery(*journal, 2).key).value().has_value());
}

TEST_CASE_TEMPLATE("save progress: the low watermarks and the last wakeup are there for the next owner",
                   Subject, JOURNALS) {
  Subject subject;
  {
    const auto journal = subject.open();
    append_all(*journal, {{.id = "a"}, {.id = "b", .urls = {"http://b.test/"}}});
    CHECK(journal->saved_wakeup().value() == 0);
    auto transaction = journal->begin().value();
    auto queues = journal->queues(QueueNo{0}).value();
    queues[1].low_watermark = Position{2};
    queues[1].last_wakeup = 23;
    must(transaction->save_progress({&queues[1], 1}, 17));
    must(transaction->commit());
  }
  const auto next = subject.open();
  CHECK(next->saved_wakeup().value() == 17);
  const auto queues = next->queues(QueueNo{0}).value();
  CHECK(queues[0].low_watermark == Position{0});
  CHECK(queues[1].low_watermark == Position{2});
  CHECK(queues[0].last_wakeup == 0);
  CHECK(queues[1].last_wakeup == 23);
}

TEST_CASE_TEMPLATE("wakeups: those that a delivery queue has followed are left out", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a"}, {.id = "b", .urls = {"http://b.test/"}}});
  const auto release = [&](std::int64_t position, QueueNo queue) {
    const auto key = delivery(*journal, position, queue).key;
    auto transaction = journal->begin().value();
    CHECK(transaction->retry_now({&key, 1}, noon).value() == 1);
    must(transaction->commit());
  };
  const auto follow = [&](const DeliveryQueue& queue) {
    auto transaction = journal->begin().value();
    must(transaction->save_progress({&queue, 1}, 0));
    must(transaction->commit());
  };
  release(1, first_queue);
  release(2, QueueNo{2});
  release(1, first_queue);
  const auto actions = [&] {
    std::vector<std::int64_t> numbers;
    const auto wakeups = journal->wakeups(0, 10).value();
    for (const auto& wakeup : wakeups) numbers.push_back(wakeup.action);
    return numbers;
  };
  CHECK(actions() == std::vector<std::int64_t>{1, 2, 3});
  auto first = journal->queues(QueueNo{0}).value().at(0);
  first.last_wakeup = 1;
  follow(first);
  CHECK(actions() == std::vector<std::int64_t>{2, 3});
  first.last_wakeup = 3;
  follow(first);
  CHECK(actions() == std::vector<std::int64_t>{2});
}

TEST_CASE_TEMPLATE("source mark: it is set where it is as expected and with what was read", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto advance = [&](std::optional<std::int64_t> expected, std::int64_t next,
                           const std::string& partition) {
    auto transaction = journal->begin().value();
    const bool advanced = transaction->advance_source({"orders", partition, expected, next}).value();
    if (advanced) must(transaction->commit());
    return advanced;
  };
  CHECK_FALSE(journal->next_offset("orders", "0").value());
  CHECK_FALSE(advance(0, 5, "0"));
  CHECK(advance(std::nullopt, 5, "0"));
  CHECK_FALSE(advance(std::nullopt, 7, "0"));
  CHECK(journal->next_offset("orders", "0").value() == 5);
  CHECK(advance(5, 9, "0"));
  CHECK_FALSE(advance(5, 9, "0"));
  CHECK(journal->next_offset("orders", "0").value() == 9);
  CHECK_FALSE(journal->next_offset("orders", "1").value());
  CHECK(advance(std::nullopt, 0, "1"));
  CHECK_FALSE(journal->next_offset("others", "0").value());
  {
    auto transaction = journal->begin().value();
    CHECK(transaction->advance_source({"orders", "0", 9, 12}).value());
  }
  CHECK(journal->next_offset("orders", "0").value() == 9);
  CHECK(subject.open()->next_offset("orders", "0").value() == 9);
}

TEST_CASE_TEMPLATE("first open: is the lowest position over all delivery queues", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "a", .entity = "1"},
                        {.id = "b", .entity = "2", .urls = {"http://b.test/"}},
                        {.id = "c", .entity = "3"},
                        {.id = "d", .entity = "4", .urls = {"http://b.test/"}}});
  const auto first = [&](std::int64_t from, std::int64_t to) -> std::int64_t {
    const auto open = journal->first_open(Position{from}, Position{to}).value();
    CHECK(open.size() < 2);
    return open.empty() ? 0 : open.front().key.position.value();
  };
  CHECK(first(1, 4) == 1);
  CHECK(first(2, 4) == 2);
  CHECK(first(3, 3) == 3);
  attempt(*journal, 1, Transition::succeed);
  CHECK(first(1, 4) == 2);
  CHECK(first(1, 1) == 0);
  attempt(*journal, 3, Transition::bury);
  CHECK(first(3, 4) == 3);
}
