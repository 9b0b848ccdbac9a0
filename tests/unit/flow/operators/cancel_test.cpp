// Deliveries that an operator cancels while a run is on.

#include "support/journal/dead_letters.hpp"
#include "support/journal/flawed_journal.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

using Ids = std::vector<std::string>;

namespace {

void cancel(DispatcherFixture& fixture, DeliveryState state, const journal::DeliveryFilter& which) {
  as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    const auto meant = deliveries_in(state, journal, which);
    REQUIRE_FALSE(meant.empty());
    CHECK(transaction.cancel(meant, fixture.clock.wall()).value() == static_cast<std::int64_t>(meant.size()));
  });
}

/// Acts at the moment after a commit, as another process may.
class ActsAfterCommit final : public FlawedJournal {
 public:
  ActsAfterCommit(std::unique_ptr<journal::Journal> journal, std::function<void()>& act)
      : FlawedJournal(std::move(journal)), act_(act) {}
  Result<journal::CommitToken> commit_transaction() override {
    auto committed = FlawedJournal::commit_transaction();
    if (committed && act_) std::exchange(act_, {})();
    return committed;
  }

 private:
  std::function<void()>& act_;
};

}  // namespace

TEST_CASE("what is cancelled behind a request under way is not sent and its lane goes on") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"e3", "X", 3}, {"e4", "X", 4}});
  fixture.play();
  cancel(fixture, DeliveryState::pending, {.events = {"e2", "e3"}});
  fixture.answer("e1", 200);
  CHECK(fixture.transport.under_way_ids() == Ids{"e4"});
  fixture.answer("e4", 200);
  CHECK(fixture.transport.sent_ids() == Ids{"e1", "e4"});
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::failed) == 2);
}

TEST_CASE("a retry that is cancelled lets its lane go on at once") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  fixture.play();
  fixture.answer("e1", 500);
  CHECK(fixture.transport.under_way_ids().empty());
  cancel(fixture, DeliveryState::retry_wait, {.events = {"e1"}});
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"e2"});
  fixture.answer("e2", 200);
  CHECK(fixture.finished());
}

TEST_CASE("a run does not wait for a retry that was cancelled") {
  DispatcherFixture fixture;
  SUBCASE("of an event with an entity") {
    fixture.arrive({{"e1", "X", 1}});
  }
  SUBCASE("of one without") {
    fixture.arrive({{"e1", "", {}}});
  }
  fixture.play();
  fixture.answer("e1", 500);
  CHECK_FALSE(fixture.finished());
  cancel(fixture, DeliveryState::retry_wait, {});
  fixture.play();
  CHECK(fixture.finished());
  fixture.tick(1h);
  CHECK(fixture.transport.sent_ids() == Ids{"e1"});
}

TEST_CASE("a run does not wait for a retry that was cancelled at the moment after it was recorded") {
  std::function<void()> after_commit;
  DispatcherFixture fixture{DispatcherFixture::Dark{}};
  fixture.through = [&](auto journal) {
    return std::make_unique<ActsAfterCommit>(std::move(journal), after_commit);
  };
  REQUIRE(fixture.rise());
  fixture.arrive({{"e1", "X", 1}});
  fixture.play();
  after_commit = [&] { cancel(fixture, DeliveryState::retry_wait, {}); };
  fixture.answer("e1", 500);
  fixture.play();
  CHECK(fixture.finished());
}

TEST_CASE("a lane whose every waiting delivery is cancelled is done") {
  flow::RunOptions options;
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  std::vector<Line> lines;
  for (int i = 1; i <= 300; ++i) lines.push_back({"x" + std::to_string(i), "X", i});
  lines.push_back({"y1", "Y", 1});
  fixture.arrive(lines);
  fixture.play();
  cancel(fixture, DeliveryState::pending, {.entities = {"X"}});
  fixture.answer(fixture.transport.under_way_ids().at(0), 200);
  for (int round = 0; round < 10 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(fixture.finished());
  CHECK(fixture.transport.sent_ids().size() == 2);
  CHECK(fixture.stats().state_counts.of(DeliveryState::failed) == 299);
}

TEST_CASE("what is cancelled and replayed is sent") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  fixture.play();
  fixture.answer("e1", 500);
  cancel(fixture, DeliveryState::retry_wait, {});
  cancel(fixture, DeliveryState::pending, {});
  fixture.play();
  CHECK(fixture.finished());
  as_operator(fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    std::vector<journal::DeliveryKey> keys;
    const auto rows = journal.scan(QueueNo{1}, Position{}, 10).value();
    for (const auto& row : rows) keys.push_back(row.key);
    CHECK(transaction.replay(keys, std::nullopt, fixture.clock.wall()).value() == 2);
  });
  fixture.play();
  fixture.answer("e1", 200);
  fixture.answer("e2", 200);
  CHECK(fixture.finished());
  CHECK(fixture.transport.sent_ids() == Ids{"e1", "e1", "e2"});
}

TEST_CASE("what arrives above what was cancelled waits for what lies below it") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}});
  fixture.play();
  fixture.answer("e1", 500);
  cancel(fixture, DeliveryState::pending, {.events = {"e2"}});
  fixture.play();
  SUBCASE("in the same run") {}
  SUBCASE("in another run") {
    fixture.crash();
  }
  fixture.arrive({{"e3", "X", 3}});
  fixture.play();
  CHECK(fixture.transport.under_way_ids().empty());
  fixture.tick(1h);
  CHECK(fixture.transport.under_way_ids() == Ids{"e1"});
  fixture.answer("e1", 200);
  CHECK(fixture.transport.under_way_ids() == Ids{"e3"});
}
