// What holds of a delivery that is begun in the turn that made it, whatever journal is behind the seam: it
// may have no row of its own before it ends, and nobody who asks is to notice that.

#include "unit/journal/damage.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Positions = std::vector<std::int64_t>;

const std::vector<std::string> two_hosts{"http://a.test/hook", "http://b.test/hook"};

/// Appends, and begins those whose ids are named, at all their hosts.
std::vector<DeliveryRow> append_and_begin(Transaction& transaction, const std::vector<Line>& lines,
                                          const std::vector<std::string>& ids,
                                          const StreamStart& start = {}) {
  const auto report = append_here(transaction, lines, start);
  std::vector<Intent> intents;
  for (const DeliveryRow& made : report.deliveries)
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (report.verdicts[i].position == made.key.position &&
          std::count(ids.begin(), ids.end(), lines[i].id) > 0)
        intents.push_back({.key = made.key});
  const auto begun = transaction.begin(intents, noon).value();
  for (const Begun& one : begun) CHECK(one.won);
  return report.deliveries;
}

std::vector<DeliveryRow> append_and_begin(Journal& journal, const std::vector<Line>& lines,
                                          const std::vector<std::string>& ids,
                                          const StreamStart& start = {}) {
  auto transaction = journal.begin().value();
  auto made = append_and_begin(*transaction, lines, ids, start);
  must(transaction->commit());
  return made;
}

/// So many events of entities of their own.
std::vector<Line> alone(int count) {
  std::vector<Line> lines;
  for (int i = 1; i <= count; ++i)
    lines.push_back({.id = fmt::format("e{}", i), .entity = fmt::format("{}", i)});
  return lines;
}

std::vector<std::string> ids_of(const std::vector<Line>& lines) {
  std::vector<std::string> ids;
  for (const Line& line : lines) ids.push_back(line.id);
  return ids;
}

Settled settle(Journal& journal, const DeliveryKey& key, Transition by, const Outcome& outcome) {
  auto transaction = journal.begin().value();
  const Settlement end{.key = key, .by = by, .due = noon + 1s, .at = noon, .outcome = &outcome};
  const Settled settled = transaction->settle({&end, 1}).value().at(0);
  must(transaction->commit());
  return settled;
}

std::size_t recover_all(Journal& journal, Orphans orphans, std::size_t at_a_time) {
  auto transaction = journal.begin().value();
  std::size_t all = 0;
  for (std::size_t some = 1; some > 0; all += some)
    some = transaction->recover(orphans, {}, noon + 1min, at_a_time).value();
  must(transaction->commit());
  return all;
}

void check_in_flight(const DeliveryRow& row) {
  CHECK(row.state == DeliveryState::in_flight);
  CHECK(row.attempts == 1);
  CHECK(row.forgiven == 0);
  CHECK(row.state_at == noon);
  CHECK(row.throttled_since == WallTime{});
}

}  // namespace

TEST_CASE_TEMPLATE("in flight: whoever asks sees what was begun in the turn that made it", Subject,
                   JOURNALS) {
  Subject subject;
  const auto mine = subject.open();
  const auto theirs = subject.open();
  CHECK(theirs->scan(first_queue, Position{}, 10).value().empty());
  const std::vector<Line> lines{{.id = "a", .sequence = 1},
                                {.id = "b", .sequence = 2},
                                {.id = "c", .entity = std::nullopt},
                                {.id = "d", .entity = "order-2"}};
  auto transaction = mine->begin().value();
  const auto made = append_and_begin(*transaction, lines, {"a", "c"});
  for (Journal* journal : {mine.get(), theirs.get()}) {
    if (journal == theirs.get()) must(transaction->commit());
    const auto rows = journal->scan(first_queue, Position{}, 10).value();
    CHECK(positions(rows) == Positions{1, 2, 3, 4});
    REQUIRE(rows.size() == 4);
    check_in_flight(rows[0]);
    check_in_flight(rows[2]);
    CHECK(rows[0].destination == rows[1].destination);
    CHECK(rows[0].entity == rows[1].entity);
    CHECK(rows[0].sequence == SequenceNumber{1});
    CHECK(rows[2].entity == EntityNo{});
    CHECK(rows[1].state == DeliveryState::pending);
    CHECK(journal->predecessor(rows[1]).value().open == SequenceNumber{1});
    CHECK(journal->head(rows[1].key).value()->key == rows[0].key);
    CHECK(journal->head(rows[0].key).value()->state == DeliveryState::in_flight);
    CHECK(journal->head(rows[2].key).value()->state == DeliveryState::in_flight);
    CHECK(positions(journal->open_in_lane(rows[0], 10).value()) == Positions{1});
    CHECK(positions(journal->open_in_lane(rows[2], 10).value()) == Positions{3});
    CHECK(positions(journal->all_open_in_lane(rows[1].key).value()) == Positions{1, 2});
    CHECK(journal->state_counts().value().of(DeliveryState::in_flight) == 2);
    CHECK(journal->state_counts().value().of(DeliveryState::pending) == 2);
  }
}

TEST_CASE_TEMPLATE("in flight: a scan has as many deliveries as it asks for, with a row or without", Subject,
                   JOURNALS) {
  Subject subject;
  const auto mine = subject.open();
  const auto theirs = subject.open();
  const auto lines = alone(7);
  append_and_begin(*mine, lines, {"e1", "e3", "e4", "e7"});
  for (Journal* journal : {mine.get(), theirs.get()}) {
    for (std::int64_t after = 0; after < 7; ++after) {
      for (std::size_t limit = 1; limit <= 8; ++limit) {
        Positions wanted;
        for (std::int64_t at = after + 1; at <= 7 && wanted.size() < limit; ++at) wanted.push_back(at);
        CHECK(positions(journal->scan(first_queue, Position{after}, limit).value()) == wanted);
      }
    }
    CHECK(journal->scan(first_queue, Position{}, 0).value().empty());
    CHECK(journal->scan(QueueNo{2}, Position{}, 10).value().empty());
  }
}

TEST_CASE_TEMPLATE("in flight: what was begun in the turn that made it is begun once", Subject, JOURNALS) {
  Subject subject;
  const auto mine = subject.open();
  const auto theirs = subject.open();
  const auto made = append_and_begin(*mine, alone(1), {"e1"});
  for (Journal* journal : {mine.get(), theirs.get()})
    for (const auto believed : {DeliveryState::pending, DeliveryState::retry_wait}) {
      auto row = made[0];
      row.state = believed;
      CHECK_FALSE(begin(*journal, row).won);
    }
  check_in_flight(delivery(*theirs, 1));
}

TEST_CASE_TEMPLATE("in flight: many ends of what had no row are each recorded", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto lines = alone(40);
  const auto made = append_and_begin(*journal, lines, ids_of(lines));
  const Outcome good = answered(200), bad = answered(500);
  Outcome with_body = answered(201);
  with_body.excerpt = "thank you";
  std::vector<Settlement> ends;
  for (std::size_t i = 0; i < made.size(); ++i) {
    const bool fails = i % 5 == 3;
    ends.push_back({.key = made[made.size() - 1 - i].key,
                    .by = !fails        ? Transition::succeed
                          : i % 10 == 3 ? Transition::retry
                                        : Transition::bury,
                    .forgive = i == 3,
                    .due = noon + 1s,
                    .at = noon,
                    .outcome = fails        ? &bad
                               : i % 7 == 0 ? &with_body
                                            : &good});
  }
  ends.push_back(ends[0]);  // once more
  ends.push_back(ends[3]);
  {
    auto transaction = journal->begin().value();
    const auto settled = transaction->settle(ends).value();
    CHECK(std::count(settled.begin(), settled.end(), Settled::lost) == 2);
    CHECK(settled[40] == Settled::lost);
    CHECK(settled[41] == Settled::lost);
    must(transaction->commit());
  }
  const auto counts = journal->state_counts().value();
  CHECK(counts.of(DeliveryState::completed) == 32);
  CHECK(counts.of(DeliveryState::retry_wait) == 4);
  CHECK(counts.of(DeliveryState::dead_letter) == 4);
  CHECK(counts.of(DeliveryState::in_flight) == 0);
  const auto other = subject.open();
  const auto rows = other->scan(first_queue, Position{}, 100).value();
  REQUIRE(rows.size() == 40);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& end = ends[rows.size() - 1 - i];
    CHECK(rows[i].key == end.key);
    CHECK(rows[i].state == next_state(DeliveryState::in_flight, end.by));
    CHECK(rows[i].attempts == 1);
    CHECK(rows[i].forgiven == (end.forgive ? 1 : 0));
  }
  CHECK(recover_all(*other, Orphans::retry, 10) == 0);
}

TEST_CASE_TEMPLATE("in flight: an abandoned turn takes back what it began and ended", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto made = append_and_begin(*journal, alone(2), {"e1", "e2"});
  {
    auto transaction = journal->begin().value();
    append_and_begin(*transaction, {{.id = "gone", .entity = "gone"}}, {"gone"});
    const Outcome good = answered(200), bad = answered(500);
    const std::vector<Settlement> ends{
        {.key = made[0].key, .at = noon, .outcome = &good},
        {.key = made[1].key, .by = Transition::retry, .due = noon, .at = noon, .outcome = &bad}};
    must(transaction->settle(ends));
    CHECK(state_of(*journal, 1) == DeliveryState::completed);
    CHECK(state_of(*journal, 2) == DeliveryState::retry_wait);
  }
  check_in_flight(delivery(*journal, 1));
  check_in_flight(delivery(*journal, 2));
  CHECK(journal->scan(first_queue, Position{}, 10).value().size() == 2);
  const auto again = append_and_begin(*journal, {{.id = "now", .entity = "now"}}, {"now"});
  CHECK(again.at(0).key.position == Position{3});
  for (const std::int64_t position : {1, 2, 3})
    CHECK(settle(*journal, {.queue = first_queue, .position = Position{position}}, Transition::succeed,
                 answered(200)) == Settled::ours);
  CHECK(journal->state_counts().value().of(DeliveryState::completed) == 3);
}

TEST_CASE_TEMPLATE("in flight: the next owner finds what was begun in the turn that made it", Subject,
                   JOURNALS) {
  Subject subject;
  const auto gone = subject.open();
  const auto lines = alone(40);
  const auto made = append_and_begin(*gone, lines, ids_of(lines));
  append_and_begin(*gone, {{.id = "late", .entity = "late"}, {.id = "waits", .entity = "late"}}, {"late"});
  CHECK(settle(*gone, made[4].key, Transition::succeed, answered(200)) == Settled::ours);
  CHECK(settle(*gone, made[5].key, Transition::retry, answered(500)) == Settled::ours);
  const auto next = subject.open();
  SUBCASE("retried") {
    CHECK(recover_all(*next, Orphans::retry, 7) == 39);
    const auto row = delivery(*next, 1);
    CHECK(row.state == DeliveryState::retry_wait);
    CHECK(row.state_at == noon + 1min);
    CHECK(row.attempts == 1);
    CHECK(row.forgiven == 1);
    CHECK(begin(*next, row).outgoing.attempt == 2);
  }
  SUBCASE("held") {
    CHECK(recover_all(*next, Orphans::hold, 100) == 39);
    CHECK(state_of(*next, 1) == DeliveryState::dead_letter);
  }
  SUBCASE("some, and the others later") {
    {
      auto transaction = next->begin().value();
      CHECK(transaction->recover(Orphans::retry, {}, noon, 10).value() == 10);
      must(transaction->commit());
    }
    const auto after_next = subject.open();
    CHECK(recover_all(*after_next, Orphans::retry, 100) == 29);
  }
  CHECK(state_of(*next, 5) == DeliveryState::completed);
  CHECK(state_of(*next, 6) == DeliveryState::retry_wait);
  CHECK(delivery(*next, 6).forgiven == 0);
  CHECK(state_of(*next, 42) == DeliveryState::pending);
  CHECK(recover_all(*subject.open(), Orphans::retry, 100) ==
        (delivery(*next, 1).state == DeliveryState::in_flight));
}

TEST_CASE_TEMPLATE("in flight: what another owner has taken over is lost to the one before", Subject,
                   JOURNALS) {
  Subject subject;
  const auto gone = subject.open();
  const auto lines = alone(6);
  const auto made = append_and_begin(*gone, lines, ids_of(lines));
  const auto next = subject.open();
  CHECK(recover_all(*next, Orphans::retry, 100) == 6);
  for (const std::int64_t position : {1, 2}) {
    begin(*next, delivery(*next, position));
    end(*next, delivery(*next, position), position == 1 ? Transition::succeed : Transition::bury);
  }
  const Outcome good = answered(200), bad = answered(500);
  std::vector<Settlement> ends;
  for (const auto& row : made)
    ends.push_back({.key = row.key,
                    .by = row.key.position == Position{6} ? Transition::retry : Transition::succeed,
                    .due = noon,
                    .at = noon,
                    .outcome = row.key.position == Position{6} ? &bad : &good});
  // What it has begun since is its own.
  const auto mine = append_and_begin(*gone, {{.id = "new", .entity = "new"}}, {"new"});
  ends.push_back({.key = mine[0].key, .at = noon, .outcome = &good});
  {
    auto transaction = gone->begin().value();
    const auto settled = transaction->settle(ends).value();
    CHECK(std::count(settled.begin(), settled.end(), Settled::lost) == 6);
    CHECK(settled.back() == Settled::ours);
    must(transaction->commit());
  }
  std::vector<DeliveryState> states;
  for (const auto& row : next->scan(first_queue, Position{}, 10).value()) states.push_back(row.state);
  CHECK(states == std::vector{DeliveryState::completed, DeliveryState::dead_letter, DeliveryState::retry_wait,
                              DeliveryState::retry_wait, DeliveryState::retry_wait, DeliveryState::retry_wait,
                              DeliveryState::completed});
  CHECK(delivery(*next, 6).attempts == 1);
  CHECK(next->state_counts().value().of(DeliveryState::completed) == 2);
}

TEST_CASE_TEMPLATE("in flight: another process acts on other deliveries meanwhile", Subject, JOURNALS) {
  Subject subject;
  const auto run = subject.open();
  const auto lines = alone(5);
  append_all(*run, {{.id = "old", .entity = "old"}});
  attempt(*run, 1, Transition::succeed);
  const auto made = append_and_begin(*run, lines, {"e1", "e2", "e3", "e4"});
  const auto operators = subject.open();
  {
    auto transaction = operators->begin().value();
    const std::vector<DeliveryKey> all{made[0].key, made[4].key};
    CHECK(transaction->cancel(all, noon).value() == 1);
    CHECK(transaction->discard(all, noon).value() == 0);
    CHECK(transaction->release(all, noon).value() == 0);
    CHECK(transaction->retry_now(all, noon).value() == 0);
    const std::vector<DeliveryKey> done{{.queue = first_queue, .position = Position{1}}, made[1].key};
    CHECK(transaction->replay(done, std::nullopt, noon).value() == 1);
    must(transaction->commit());
  }
  const std::vector<DeliveryState> in_flight{DeliveryState::in_flight};
  const auto page = operators->select({.states = in_flight}, {}, 10).value();
  CHECK(page.deliveries.size() == 4);
  for (const auto& one : page.deliveries) CHECK(one.host == "a.test");
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(settle(*run, made[i].key, i == 2 ? Transition::retry : Transition::succeed,
                 answered(i == 2 ? 500 : 200)) == Settled::ours);
  const auto counts = operators->state_counts().value();
  CHECK(counts.of(DeliveryState::completed) == 4);
  CHECK(counts.of(DeliveryState::retry_wait) == 1);
  CHECK(counts.of(DeliveryState::failed) == 1);
  CHECK(counts.of(DeliveryState::pending) == 1);  // the replay
  CHECK(operators->select({.states = in_flight}, {}, 10).value().deliveries.empty());
}

TEST_CASE_TEMPLATE("in flight: a walk finds what has a row and what has none", Subject, JOURNALS) {
  Subject subject;
  const auto run = subject.open();
  append_all(*run, alone(2));
  begin(*run, delivery(*run, 1));
  std::vector<Line> lines{
      {.id = "x", .entity = "x", .urls = two_hosts}, {.id = "y", .entity = "y"}, {.id = "z", .entity = "z"}};
  append_and_begin(*run, lines, {"x", "z"});
  for (const bool newest_first : {false, true}) {
    for (const std::size_t limit : {1, 2, 10}) {
      for (const bool of_one : {false, true}) {
        Selection selection{.states = {DeliveryState::pending, DeliveryState::in_flight},
                            .newest_first = newest_first};
        if (of_one) selection.filter.events = {"x"};
        std::vector<std::string> found;
        const auto walker = subject.open();
        for (std::optional<SelectionPlace> place{std::in_place}; place;) {
          const auto page = walker->select(selection, *place, limit).value();
          for (const auto& one : page.deliveries)
            found.push_back(fmt::format("{} {} {}", one.row.key.position.value(), one.host,
                                        one.row.state == DeliveryState::in_flight));
          place = page.next;
        }
        std::sort(found.begin(), found.end());
        const std::vector<std::string> of_x{"3 a.test true", "3 b.test true"};
        const std::vector<std::string> all{"1 a.test true", "2 a.test false", "3 a.test true",
                                           "3 b.test true", "4 a.test false", "5 a.test true"};
        CHECK(found == (of_one ? of_x : all));
      }
    }
  }
}

TEST_CASE_TEMPLATE("in flight: who follows events finds the first that is not done", Subject, JOURNALS) {
  Subject subject;
  const auto run = subject.open();
  append_and_begin(*run,
                   {{.id = "a", .entity = "a"},
                    {.id = "b", .entity = "b", .urls = two_hosts},
                    {.id = "c", .entity = "c"},
                    {.id = "d", .entity = "d"}},
                   {"a", "b", "d"});
  const auto follower = subject.open();
  const auto first = [&](std::int64_t from) {
    return positions(follower->first_open(Position{from}, Position{4}).value());
  };
  CHECK(first(1) == Positions{1});
  CHECK(first(2) == Positions{2, 2});
  CHECK(first(3) == Positions{3});
  CHECK(first(4) == Positions{4});
  CHECK(settle(*run, {.queue = first_queue, .position = Position{1}}, Transition::succeed, answered(200)) ==
        Settled::ours);
  CHECK(first(1) == Positions{2, 2});
  CHECK(settle(*run, {.queue = first_queue, .position = Position{2}}, Transition::succeed, answered(200)) ==
        Settled::ours);
  CHECK(first(1) == Positions{2});
}

TEST_CASE_TEMPLATE("in flight: an event that comes again goes nowhere else", Subject, JOURNALS) {
  Subject subject;
  const auto run = subject.open();
  append_and_begin(*run, {{.id = "a", .own_url = "http://a.test/hook"}}, {"a"});
  for (const auto& journal : {subject.open(), subject.open()}) {
    const auto again = append(*journal, {.id = "a", .own_url = "http://a.test/hook"});
    CHECK(again.verdict == AppendVerdict::duplicate);
    CHECK_FALSE(again.elsewhere);
  }
  const auto again = append(*run, {.id = "a", .own_url = "http://a.test/hook"});
  CHECK(again.verdict == AppendVerdict::duplicate);
  CHECK_FALSE(again.elsewhere);
}

TEST_CASE_TEMPLATE("in flight: a stream of which something is in flight does not begin lower", Subject,
                   JOURNALS) {
  Subject subject;
  const auto run = subject.open();
  const StreamStart first{.rule = StreamStart::Rule::first};
  append_and_begin(*run, {{.id = "5", .sequence = 5}}, {"5"}, first);
  CHECK(append(*run, {.id = "4", .sequence = 4}, first).verdict == AppendVerdict::before_start);
  CHECK(append(*subject.open(), {.id = "3", .sequence = 3}, first).verdict == AppendVerdict::before_start);
}

TEST_CASE_TEMPLATE("in flight: a stream that begins lower in the turn keeps its order", Subject, JOURNALS) {
  Subject subject;
  const auto run = subject.open();
  const StreamStart first{.rule = StreamStart::Rule::first};
  auto transaction = run->begin().value();
  const std::vector<Line> lines{{.id = "5", .sequence = 5}, {.id = "4", .sequence = 4}};
  const auto made = append_here(*transaction, lines, first).deliveries;
  REQUIRE(made.size() == 2);
  const Intent lower{.key = made[1].key};
  CHECK(transaction->begin({&lower, 1}, noon).value().at(0).won);
  must(transaction->commit());
  const auto other = subject.open();
  CHECK(other->predecessor(made[0]).value().open == SequenceNumber{4});
  CHECK_FALSE(begin(*other, made[0]).won);
  CHECK(settle(*run, made[1].key, Transition::succeed, answered(200)) == Settled::ours);
  CHECK(begin(*other, made[0]).won);
}

TEST_CASE_TEMPLATE("in flight: what arrives behind a gap waits while the lower one is in flight", Subject,
                   JOURNALS) {
  Subject subject;
  const auto run = subject.open();
  append_and_begin(*run, {{.id = "1", .sequence = 1}}, {"1"});
  append(*run, {.id = "3", .sequence = 3});
  append(*run, {.id = "2", .sequence = 2});
  CHECK(woken(*run) == Positions{2});
  const auto other = subject.open();
  CHECK(other->predecessor(delivery(*other, 3)).value().open == SequenceNumber{1});
  CHECK(positions(other->open_in_lane(delivery(*other, 1), 10).value()) == Positions{1});
  CHECK(other->head(delivery(*other, 2).key).value()->sequence == SequenceNumber{1});
}

TEST_CASE_TEMPLATE("in flight: people see what was begun in the turn that made it", Subject, READERS) {
  Subject subject;
  const auto run = subject.open();
  append_all(*run, alone(1));
  const auto made = append_and_begin(*run,
                                     {{.id = "x", .entity = "x", .urls = two_hosts},
                                      {.id = "y", .entity = "x"},
                                      {.id = "z", .entity = "z", .urls = {"http://c.test/"}}},
                                     {"x", "z"});
  const auto reader = subject.read();
  const auto event = reader->event("x").value();
  REQUIRE(event);
  REQUIRE(event->deliveries.size() == 2);
  CHECK(event->deliveries[0].key == made[0].key);
  CHECK(event->deliveries[0].state == DeliveryState::in_flight);
  CHECK(event->deliveries[0].destination == "http://a.test/hook");
  CHECK(event->deliveries[0].host == "a.test");
  CHECK(event->deliveries[0].attempts == 1);
  CHECK(event->deliveries[0].began_at == noon);
  CHECK(event->deliveries[0].state_at == noon);
  CHECK_FALSE(event->deliveries[0].status);
  CHECK(event->deliveries[1].host == "b.test");

  const auto attempts = reader->attempts("x").value();
  REQUIRE(attempts.size() == 2);
  CHECK_FALSE(attempts[0].ended);
  CHECK(attempts[0].began_at == noon);
  CHECK(attempts[0].number == 1);

  std::vector<std::string> found;
  must(reader->events({.state = DeliveryState::in_flight}, [&](const EventRecord& one) {
    found.push_back(fmt::format("{} {}", one.event_id, one.deliveries.size()));
    return true;
  }));
  CHECK(found == std::vector<std::string>{"x 2", "z 1"});

  const auto status = reader->status(10, noon).value();
  CHECK(status.state_counts.of(DeliveryState::in_flight) == 3);
  std::vector<std::string> hosts;
  for (const auto& host : status.hosts)
    hosts.push_back(fmt::format("{} {} {}", host.host, host.pending, host.in_flight));
  CHECK(hosts == std::vector<std::string>{"a.test 2 1", "b.test 0 1", "c.test 0 1"});
  CHECK(status.movable == 2);

  must(run->begin().value()->commit());
  CHECK(settle(*run, made[0].key, Transition::succeed, answered(200)) == Settled::ours);
  found.clear();
  const auto done = [&](const std::optional<std::string>& not_open_at) {
    std::vector<std::string> all;
    must(reader->final_deliveries({.not_open_at = not_open_at}, [&](const FinalDeliveryRecord& one) {
      all.push_back(one.event_id);
      return true;
    }));
    return all;
  };
  CHECK(done(std::nullopt) == std::vector<std::string>{"x"});
  CHECK(done("b.test").empty());
  CHECK(done("c.test") == std::vector<std::string>{"x"});
  CHECK(reader->attempts("x").value().at(0).ended->status == 200);
}
