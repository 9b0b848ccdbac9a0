// What a replay costs the dispatcher, and that it comes whole.

#include "support/flawed_journal.hpp"
#include "unit/flow/stage.hpp"

#include <memory>
#include <vector>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// Counts the rows that are read.
struct CountingJournal final : FlawedJournal {
  CountingJournal(std::unique_ptr<journal::Journal> journal, std::size_t& rows)
      : FlawedJournal(std::move(journal)), rows_(rows) {}
  Result<std::vector<journal::DeliveryRow>> scan(OutletNo outlet, Position after,
                                                 std::size_t limit) override {
    auto rows = sound().scan(outlet, after, limit);
    if (rows) rows_ += rows->size();
    return rows;
  }

 private:
  std::size_t& rows_;
};

void deliver_all(Stage& stage) {
  for (int round = 0; round < 10'000 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  REQUIRE(stage.finished());
}

}  // namespace

TEST_CASE("a replay of many lanes is read once and not once for each lane that ends") {
  constexpr int entities = 300, each = 4;
  std::size_t rows = 0;
  Stage stage{Stage::Dark{}};
  stage.through = [&](auto journal) { return std::make_unique<CountingJournal>(std::move(journal), rows); };
  REQUIRE(stage.rise());
  Subscription wanted = subscription("s");
  const auto no = subscribe(stage, wanted);
  std::vector<Line> lines;
  for (int number = 1; number <= each; ++number)
    for (int entity = 0; entity < entities; ++entity)
      lines.push_back({fmt::format("e{}.{}", entity, number), fmt::format("E{}", entity), number, ""});
  stage.arrive(lines);
  stage.play();
  deliver_all(stage);

  std::vector<journal::DeliveryKey> keys;
  const auto outlets = stage.journal().outlets(OutletNo{}).value();
  for (const auto& outlet : outlets) {
    const auto all = stage.journal().scan(outlet.no, Position{}, 10'000).value();
    for (const auto& row : all) keys.push_back(row.key);
  }
  REQUIRE(keys.size() == entities * each);
  rows = 0;
  as_operator(stage, [&](journal::Journal& journal) {
    REQUIRE(journal.replay(keys, Route{wanted.url, wanted.host, no}, stage.clock.wall()).value() ==
            entities * each);
  });
  stage.tick(std::chrono::milliseconds{100});
  deliver_all(stage);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 2 * entities * each);
  MESSAGE(rows << " rows read for " << 2 * keys.size() << " in the queue");
  CHECK(rows < 4 * 2 * keys.size());
}
