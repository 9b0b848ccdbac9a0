// What a process knows of its own events while another one dispatches.

#include "flow/follower.hpp"

#include "unit/flow/dispatcher_fixture.hpp"

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// A process that follows, and the dispatcher's side of the same journal.
struct Following {
  std::unique_ptr<journal::SqliteJournal> open() const {
    return journal::SqliteJournal::open(directory / "journal.db", {}).value();
  }

  template <class Write>
  auto turn(Write write) {
    auto transaction = dispatcher->begin().value();
    auto written = write(*transaction);
    REQUIRE(transaction->commit());
    return written;
  }

  SubscriptionNo subscribe(const std::string& id) {
    Subscription subscription;
    subscription.id = id;
    subscription.url = "http://s.test/" + id;
    subscription.host = "s.test";
    subscription.event_types = {"*"};
    return turn([&](journal::Transaction& transaction) {
      return transaction.put_subscription(subscription, clock.wall()).value();
    });
  }

  void accept(const std::vector<Line>& lines) {
    flow::Mail mail;
    mail.incoming.push_back(incoming(lines));
    REQUIRE(follower.turn(std::move(mail)));
  }

  /// Begins what is pending at the delivery queue.
  void begin_all(QueueNo queue) {
    const auto rows = dispatcher->scan(queue, Position{}, 100).value();
    for (const auto& row : rows) {
      const journal::Intent intent{.key = row.key, .state = row.state};
      turn([&](journal::Transaction& transaction) {
        return transaction.begin({&intent, 1}, clock.wall()).value();
      });
    }
  }

  TempDir directory;
  ManualClock clock;
  std::unique_ptr<journal::SqliteJournal> dispatcher = open(), journal = open();
  flow::Inbox inbox;
  ingest::RejectsFile rejects{directory / "rejects.jsonl"};
  flow::SharedStats shared_stats;
  routing::Router router = routing::Router::make(std::nullopt).value();
  flow::Acceptance acceptance{*journal, inbox, rejects, clock, silent_log(), router};
  flow::Intake intake{acceptance, {}, shared_stats};
  flow::Follower follower{acceptance, intake, shared_stats};
};

}  // namespace

TEST_CASE("a follower does not wait for what a paused subscription keeps") {
  Following process;
  const auto one = process.subscribe("one");
  process.accept({{"a", "X", 1, ""}, {"b", "Y", 1, ""}});
  CHECK(process.follower.own().value().moving);

  REQUIRE(process.turn(
      [&](journal::Transaction& transaction) { return transaction.pause_subscription(one, "why", {}); }));
  auto own = process.follower.own().value();
  CHECK_FALSE(own.moving);
  CHECK(own.blocked == 2);

  process.begin_all(QueueNo{1});  // an attempt under way has an end
  CHECK(process.follower.own().value().moving);

  REQUIRE(process.turn(
      [&](journal::Transaction& transaction) { return transaction.resume_subscription(one, {}); }));
  CHECK(process.follower.own().value().moving);
}

TEST_CASE("a follower waits for every delivery of an event of which one is blocked") {
  Following process;
  const auto one = process.subscribe("one");
  process.accept({{"a", "X", 1}});
  REQUIRE(process.turn(
      [&](journal::Transaction& transaction) { return transaction.pause_subscription(one, "why", {}); }));
  CHECK(process.follower.own().value().moving);  // the direct one
}
