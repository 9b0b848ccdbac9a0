// What a replay costs the dispatcher, and that it comes whole.

#include "support/journal/flawed_journal.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <memory>
#include <vector>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// Counts the rows that are read.
struct CountingJournal final : FlawedJournal {
  CountingJournal(std::unique_ptr<journal::Journal> journal, std::size_t& rows)
      : FlawedJournal(std::move(journal)), rows_(rows) {}
  Result<std::vector<journal::DeliveryRow>> scan(QueueNo queue, Position after, std::size_t limit) override {
    auto rows = sound().scan(queue, after, limit);
    if (rows) rows_ += rows->size();
    return rows;
  }

 private:
  std::size_t& rows_;
};

void deliver_all(DispatcherFixture& fixture) {
  for (int round = 0; round < 10'000 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  REQUIRE(fixture.finished());
}

}  // namespace

TEST_CASE("a replay of many lanes is read once and not once for each lane that ends") {
  constexpr int entities = 300, each = 4;
  std::size_t rows = 0;
  DispatcherFixture fixture{DispatcherFixture::Dark{}};
  fixture.through = [&](auto journal) { return std::make_unique<CountingJournal>(std::move(journal), rows); };
  REQUIRE(fixture.rise());
  Subscription wanted = subscription("s");
  const auto no = subscribe(fixture, wanted);
  std::vector<Line> lines;
  for (int number = 1; number <= each; ++number)
    for (int entity = 0; entity < entities; ++entity)
      lines.push_back({fmt::format("e{}.{}", entity, number), fmt::format("E{}", entity), number, ""});
  fixture.arrive(lines);
  fixture.play();
  deliver_all(fixture);

  std::vector<journal::DeliveryKey> keys;
  const auto queues = fixture.journal().queues(QueueNo{}).value();
  for (const auto& queue : queues) {
    const auto all = fixture.journal().scan(queue.no, Position{}, 10'000).value();
    for (const auto& row : all) keys.push_back(row.key);
  }
  REQUIRE(keys.size() == entities * each);
  rows = 0;
  as_operator(fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.replay(keys, Route{wanted.url, wanted.host, no}, fixture.clock.wall()).value() ==
            entities * each);
  });
  fixture.tick(std::chrono::milliseconds{100});
  deliver_all(fixture);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 2 * entities * each);
  MESSAGE(rows << " rows read for " << 2 * keys.size() << " in the queue");
  CHECK(rows < 4 * 2 * keys.size());
}
