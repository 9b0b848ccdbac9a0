// What is done and is delivered again, some entities at a time.

#include "operations/replay.hpp"

#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "support/fakes.hpp"
#include "support/journal/flawed_journal.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/subscribed.hpp"

#include <map>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

const Route elsewhere{"http://b.test/", "b.test"};

/// Interleaved streams, all delivered.
void deliver(Journal& journal, int entities, int each) {
  std::vector<test::Line> lines;
  for (int sequence = 1; sequence <= each; ++sequence)
    for (int entity = 1; entity <= entities; ++entity)
      lines.push_back({.id = fmt::format("e{}-{}", entity, sequence), .entity = fmt::format("e{}", entity)});
  append_all(journal, lines);
  for (int position = 1; position <= entities * each; ++position)
    attempt(journal, position, Transition::succeed);
}

class CountedTurns final : public FlawedJournal {
 public:
  using FlawedJournal::FlawedJournal;
  Result<CommitToken> commit_transaction() override {
    ++turns;
    return FlawedJournal::commit_transaction();
  }
  int turns = 0;
};

std::vector<DeliveryRow> made_anew(Journal& journal, QueueNo queue) {
  auto rows = journal.scan(queue, Position{}, 100).value();
  std::erase_if(rows, [](const auto& row) { return row.key.generation == 0; });
  return rows;
}

}  // namespace

TEST_CASE("a replay makes whole entities anew in each transaction") {
  SqliteSubject subject;
  CountedTurns journal{subject.open()};
  deliver(journal, 5, 3);
  const auto reader = SqliteReader::open(subject.path()).value();
  const ManualClock clock;
  CHECK(operations::count_replay(reader, {}, std::nullopt).value().affected.deliveries == 15);
  journal.turns = 0;
  std::size_t keys_held = 100;
  SUBCASE("looked for once") {}
  SUBCASE("looked for in parts") {
    keys_held = 4;
  }
  const auto replayed =
      operations::replay(reader, journal, clock, {}, std::nullopt, {.at_a_time = 4, .keys_held = keys_held})
          .value();
  CHECK(replayed.affected.deliveries == 15);
  REQUIRE(replayed.affected.destinations.size() == 1);
  CHECK(replayed.affected.destinations[0].completed == 15);
  CHECK(journal.turns >= 3);
  std::map<EntityNo, std::int64_t> generations;
  const auto made = made_anew(journal, first_queue);
  CHECK(made.size() == 15);
  for (const auto& row : made) {
    const auto [at, first] = generations.emplace(row.entity, row.key.generation);
    CHECK(at->second == row.key.generation);  // one lane, so its order is kept
  }
  CHECK(operations::replay(reader, journal, clock, {}, std::nullopt).value().affected.deliveries == 0);
}

TEST_CASE("a replay to another URL sends each event once however often it was delivered") {
  SqliteSubject subject;
  const auto journal = subject.open();
  deliver(*journal, 1, 3);
  const auto reader = SqliteReader::open(subject.path()).value();
  const ManualClock clock;
  // Two of them were delivered to b.test too.
  REQUIRE(replay(*journal, {delivery(*journal, 1).key, delivery(*journal, 2).key}, elsewhere) == 2);
  const auto redirect_to = [&](const Route& to) {
    const auto rehearsed = operations::count_replay(reader, {}, to).value().affected;
    const auto replayed = operations::replay(reader, *journal, clock, {}, to).value().affected;
    CHECK(rehearsed.deliveries == replayed.deliveries);
    if (!replayed.destinations.empty()) CHECK(replayed.destinations[0].url == to.url);
    return replayed.deliveries;
  };
  CHECK(redirect_to({"http://b.test/2", "b.test"}) == 1);  // the other two are on their way there
  const auto at_b = journal->scan(QueueNo{2}, Position{}, 10).value();
  for (const auto& row : at_b) attempt(*journal, row, Transition::succeed);
  CHECK(redirect_to({"http://c.test/", "c.test"}) == 3);
  CHECK(positions(made_anew(*journal, QueueNo{3})) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("a replay passes over subscriptions that were removed and names that are not known are misuse") {
  SqliteSubject subject;
  const auto journal = subject.open();
  const auto shop = put(*journal, plain_subscription("shop"));
  append_along(*journal, "s1", "S", {route_of(shop)});
  attempt(*journal, queue_of(*journal, shop).at(0), Transition::succeed);
  remove(*journal, shop);
  const auto reader = SqliteReader::open(subject.path()).value();
  const auto replayed = operations::replay(reader, *journal, ManualClock{}, {}, std::nullopt).value();
  CHECK(replayed.affected.deliveries == 0);
  CHECK(replayed.removed == 1);
  const auto unknown = operations::count_replay(reader, {.filter = {.entities = {"nobody"}}}, std::nullopt);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().failure == Failure::usage);
}
