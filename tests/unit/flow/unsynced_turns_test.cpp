// Turns that are committed and not durable yet: what they hold back, and until when.

#include "support/journal/late_journal.hpp"
#include "support/told_verdicts.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Ids = std::vector<std::string>;

/// A dispatcher whose commits become durable when the test says so.
class Late {
 public:
  explicit Late(flow::RunOptions options = {})
      : fixture{DispatcherFixture::Dark{}, [&] {
                  options.commit_wait = flow::CommitWait::never;
                  return options;
                }()} {
    fixture.leaves_commits = true;
    fixture.through = [this](auto sound) {
      auto late = std::make_unique<LateJournal>(std::move(sound));
      journal_ = late.get();
      return late;
    };
    REQUIRE(fixture.rise());
  }

  LateJournal& journal() { return *journal_; }
  /// All commits become durable, and what follows is played.
  void sync() {
    journal().sync();
    fixture.play();
  }
  /// They do, and so does what follows, until nothing moves.
  void sync_all() {
    do {
      sync();
    } while (journal().late() > 0);
  }
  Ids sent() const { return fixture.transport.sent_ids(); }
  std::int64_t count(DeliveryState state) const {
    return fixture.other_journal()->state_counts().value().of(state);
  }

  DispatcherFixture fixture;

 private:
  LateJournal* journal_ = nullptr;
};

std::vector<Line> lanes(int from, int to) {
  std::vector<Line> lines;
  for (int i = from; i < to; ++i) lines.push_back({fmt::format("e{}", i), fmt::format("E{}", i), 1});
  return lines;
}

}  // namespace

TEST_CASE("unsynced: a request is sent when its turn is durable and not before") {
  Late late;
  late.fixture.arrive({{"a1", "A", 1}});
  late.fixture.play();
  CHECK(late.count(DeliveryState::in_flight) == 1);
  CHECK(late.journal().late() > 0);
  CHECK(late.sent().empty());
  late.sync_all();
  CHECK(late.sent() == Ids{"a1"});
}

TEST_CASE("unsynced: the next turn is committed meanwhile and both go in their order") {
  Late late;
  late.fixture.arrive({{"a1", "A", 1}});
  late.fixture.play();
  const auto before = late.journal().late();
  late.fixture.arrive({{"b1", "B", 1}});
  late.fixture.play();
  CHECK(late.journal().late() > before);
  CHECK(late.count(DeliveryState::in_flight) == 2);
  CHECK(late.sent().empty());
  late.journal().sync_first();
  late.fixture.play();
  CHECK(late.sent() == Ids{"a1"});
  late.sync_all();
  CHECK(late.sent() == Ids{"a1", "b1"});
}

TEST_CASE("unsynced: an outcome lets the next event of its lane go when both are durable") {
  Late late;
  late.fixture.arrive({{"a1", "A", 1}, {"a2", "A", 2}});
  late.fixture.play();
  late.sync_all();
  CHECK(late.sent() == Ids{"a1"});
  late.fixture.answer("a1", 200);
  CHECK(late.count(DeliveryState::completed) == 1);
  CHECK(late.count(DeliveryState::in_flight) == 1);
  CHECK(late.sent() == Ids{"a1"});
  CHECK(late.fixture.stats().delivered == 0);
  late.sync_all();
  CHECK(late.sent() == Ids{"a1", "a2"});
  CHECK(late.fixture.stats().delivered == 1);
}

TEST_CASE("unsynced: input is acknowledged and observers and stats are told when it is durable") {
  struct Watch final : flow::Observer {
    void committed(const flow::CommittedTurn& turn) override {
      accepted += turn.taken.accepted;
      begun += turn.begun;
      settled += turn.settled.size();
    }
    std::uint64_t accepted = 0, begun = 0, settled = 0;
  };
  Late late;
  Watch watch;
  late.fixture.observe(watch);
  const auto told = std::make_shared<ToldVerdicts>();
  auto some = incoming({{"a1", "A", 1}});
  some.batch.receipts.emplace_back(told, 1);
  REQUIRE(late.fixture.inbox.offer(std::move(some)));
  late.fixture.play();
  CHECK(told->all().empty());
  CHECK(watch.accepted == 0);
  CHECK(late.fixture.stats().accepted == 0);
  CHECK(late.fixture.stats().state_counts.open() == 0);
  late.sync_all();
  CHECK(told->all().size() == 1);
  CHECK(watch.accepted == 1);
  CHECK(watch.begun == 1);
  CHECK(late.fixture.stats().accepted == 1);
  CHECK(late.fixture.stats().state_counts.of(DeliveryState::in_flight) == 1);

  late.fixture.answer("a1", 200);
  CHECK(watch.settled == 0);
  late.sync_all();
  CHECK(watch.settled == 1);
}

TEST_CASE("unsynced: after a failed sync nothing is sent or acknowledged and the run ends") {
  Late late;
  const auto told = std::make_shared<ToldVerdicts>();
  auto some = incoming({{"a1", "A", 1}});
  some.batch.receipts.emplace_back(told, 1);
  REQUIRE(late.fixture.inbox.offer(std::move(some)));
  late.fixture.play();
  late.fixture.arrive({{"b1", "B", 1}});
  late.fixture.play();
  late.journal().fail(Error{Failure::failed, "cannot sync"});
  late.journal().sync_first();
  const auto played = late.fixture.try_play();
  REQUIRE_FALSE(played.has_value());
  CHECK(played.error().message == "cannot sync");
  CHECK_FALSE(late.fixture.dispatcher().save_progress().has_value());
  CHECK(late.sent().empty());
  CHECK(late.fixture.stats().accepted == 0);
  late.fixture.fall();
  REQUIRE(told->all().size() == 1);
  CHECK(told->all().at(1).front().kind == ingest::Verdict::Kind::unknown);
}

TEST_CASE("unsynced: a run that is told to stop sends no more of what is not durable") {
  Late late;
  late.fixture.arrive({{"a1", "A", 1}, {"b1", "B", 1}});
  late.fixture.play();
  CHECK(late.count(DeliveryState::in_flight) == 2);
  late.fixture.dispatcher().drain();
  late.sync_all();
  CHECK(late.sent().empty());
  CHECK(late.fixture.dispatcher().in_flight() == 0);
  CHECK(late.count(DeliveryState::in_flight) == 0);
  CHECK(late.fixture.stats().attempts == 0);
}

TEST_CASE("unsynced: what a receiver asked to hold back meanwhile is not sent") {
  Late late;
  late.fixture.arrive({{"a1", "A", 1}});
  late.fixture.play();
  late.sync_all();
  late.fixture.arrive({{"b1", "B", 1}});
  late.fixture.play();
  CHECK(late.count(DeliveryState::in_flight) == 2);
  auto asks_for_time = answered(429);
  asks_for_time.retry_after = 30s;
  late.fixture.end("a1", asks_for_time);
  late.sync_all();
  CHECK(late.sent() == Ids{"a1"});
  CHECK(late.count(DeliveryState::in_flight) == 0);
  late.fixture.tick(1min);
  late.sync_all();
  CHECK(late.sent().size() > 1);
}

TEST_CASE("unsynced: the end of a run waits for all commits") {
  Late late;
  late.fixture.arrive({{"a1", "A", 1}});
  late.fixture.play();
  late.sync_all();
  late.fixture.answer("a1", 200);
  CHECK(late.fixture.dispatcher().is_syncing());
  REQUIRE(late.fixture.dispatcher().save_progress());
  CHECK(late.journal().late() == 0);
  CHECK(late.fixture.stats().delivered == 1);
}

TEST_CASE("unsynced: only so many turns are committed before the first is durable") {
  Late late;
  for (int i = 0; i < 40; ++i) {
    late.fixture.arrive(lanes(i, i + 1));
    late.fixture.play();
    CHECK(late.journal().late() < flow::UnsyncedTurns::turns_most);
  }
  CHECK(late.journal().waits() > 0);
}

TEST_CASE("unsynced: what is not sent holds no permit but only as many as there are permits") {
  flow::RunOptions options;
  options.requests = {.per_host = 2, .in_all = 100};
  options.ahead = 2;
  Late late{options};
  late.fixture.arrive(lanes(0, 2));
  late.fixture.play();
  late.sync_all();
  late.fixture.answer("e0", 200);  // the host is known to be quick
  late.sync_all();
  for (int i = 2; i < 20; ++i) {
    late.fixture.arrive(lanes(i, i + 1));
    late.fixture.play();
    if (late.journal().late() + 2 > flow::UnsyncedTurns::turns_most) break;
  }
  CHECK(late.count(DeliveryState::in_flight) > 4);
  CHECK(late.count(DeliveryState::in_flight) <= 8);
  late.sync();
  CHECK(late.fixture.transport.most_under_way() == 2);
  CHECK(late.count(DeliveryState::in_flight) <= 8);
  while (late.fixture.transport.finish_all(answered(200)) > 0) {
    late.fixture.play();
    late.sync_all();
  }
  CHECK(late.count(DeliveryState::in_flight) == 0);
  CHECK(late.count(DeliveryState::pending) == 0);
}
