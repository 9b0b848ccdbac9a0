// What sources, and those who wait for single events, are told of what became of them.

#include "flow/intake/feed.hpp"
#include "support/journal/flawed_journal.hpp"
#include "support/journal/late_commit.hpp"
#include "support/memory_event_source.hpp"
#include "support/memory_reject_sink.hpp"
#include "support/told_verdicts.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

using Kind = ingest::Verdict::Kind;
using Kinds = std::map<std::uint64_t, Kind>;

/// A journal whose commits the test looks at: before each, and before it is durable.
class WatchedCommits final : public FlawedJournal {
 public:
  WatchedCommits(std::unique_ptr<journal::Journal> sound, std::function<Result<>()>& before)
      : FlawedJournal(std::move(sound)), before_(before) {}

  Result<journal::CommitToken> commit_transaction() override {
    if (before_) DISPATCH_TRY(before_());
    auto committed = FlawedJournal::commit_transaction();
    if (!committed) return committed;
    return CommitOnWait::token([this] { return before_ ? before_() : Result<>{}; });
  }

 private:
  std::function<Result<>()>& before_;
};

/// A process that takes in what a source gives, and dispatches nothing.
class Accepting {
 public:
  Result<flow::RunResult> run() {
    flow::Inbox inbox;
    const flow::Acceptance acceptance{*journal_, inbox, rejects, clock_, silent_log(), *router};
    const flow::Feed feed{*source, *router, std::nullopt, inbox};
    const std::jthread another{meanwhile ? meanwhile(inbox) : std::jthread{}};
    auto result = flow::accept(acceptance, options, shared_stats);
    source->stop();
    inbox.close_input();
    return result;
  }

  std::string path() const { return directory_ / "journal.db"; }
  std::unique_ptr<journal::SqliteJournal> other() const {
    return journal::SqliteJournal::open(path(), {}).value();
  }
  void subscribe_to(const std::string& type) const {
    const auto journal = other();
    const auto transaction = journal->begin().value();
    REQUIRE(transaction->put_subscription(subscription("some", {type}), clock_.wall()));
    REQUIRE(transaction->commit());
  }
  /// What was told, of each event once.
  Kinds told() const {
    Kinds kinds;
    for (const auto& [event, verdicts] : verdicts->all()) {
      CAPTURE(event);
      CHECK(verdicts.size() == 1);
      kinds.emplace(event, verdicts.front().kind);
    }
    return kinds;
  }

  /// What is said of inputs that were not read to their end.
  std::vector<std::string> unread() const {
    std::vector<std::string> texts;
    for (const auto& input : shared_stats.snapshot().unread) texts.push_back(ingest::describe(input));
    return texts;
  }

  std::shared_ptr<ToldVerdicts> verdicts = std::make_shared<ToldVerdicts>();
  std::unique_ptr<MemoryEventSource> source = std::make_unique<MemoryEventSource>(verdicts);
  MemoryRejectSink rejects;
  flow::RunOptions options;
  flow::SharedStats shared_stats;
  std::optional<routing::Router> router = routing::Router::make(std::nullopt).value();
  /// Called before each commit, and before it is durable; an error is that of the commit.
  std::function<Result<>()> before_commit;
  std::function<std::jthread(flow::Inbox&)> meanwhile;  ///< another thread's work during the run

 private:
  TempDir directory_;
  ManualClock clock_;
  std::unique_ptr<journal::Journal> journal_ = std::make_unique<WatchedCommits>(other(), before_commit);
};

std::string event(const std::string& id, std::int64_t sequence = 1, const std::string& payload = "1",
                  const std::string& url = "http://a.test/hook") {
  return fmt::format(
      R"({{"event_id":"{0}","entity_id":"{1}","sequence_number":{2},"payload":{3},"url":"{4}"}})", id,
      id.substr(0, 1), sequence, payload, url);
}

const std::string no_event = "no event";

/// Events 0 to count - 1, in batches of `size`.
void put_many(MemoryEventSource& source, int count, int size) {
  for (int i = 0; i < count; i += size) {
    std::vector<std::string> batch;
    for (int j = i; j < i + size && j < count; ++j)
      batch.push_back(fmt::format(R"({{"event_id":"e{}","url":"http://a.test/hook"}})", j));
    source.put(std::move(batch));
  }
}

}  // namespace

TEST_CASE("each event has one receipt that says what became of it") {
  Accepting process;
  process.source->put({event("a1"), event("a1"), event("a1", 1, "2"), event("ax"), no_event,
                       event("b", 1, "1", "no url"), R"({"event_id":"nowhere"})"});
  process.source->end();
  REQUIRE(process.run());
  CHECK(process.told() == Kinds{{0, Kind::accepted},
                                {1, Kind::duplicate},
                                {2, Kind::conflict},
                                {3, Kind::conflict},
                                {4, Kind::rejected},
                                {5, Kind::rejected},
                                {6, Kind::rejected}});
  const auto all = process.verdicts->all();
  for (const std::uint64_t in_journal : {0, 1}) {
    CHECK(all.at(in_journal)[0].position == Position{1});
    CHECK(all.at(in_journal)[0].sequence == SequenceNumber{1});
    CHECK(all.at(in_journal)[0].reason.empty());
  }
  for (const std::uint64_t refused : {2, 3}) CHECK(all.at(refused)[0].position == Position{1});
  CHECK(all.at(2)[0].reason.starts_with("event id 'a1' is in the journal already"));
  CHECK(all.at(3)[0].reason.starts_with("sequence number 1 of entity 'a' is taken by event 'a1'"));
  CHECK(all.at(4)[0].reason.starts_with("not JSON"));
  CHECK(all.at(6)[0].reason == routing::nowhere_to_go);
  CHECK(process.rejects.kept().size() == 5);
  CHECK(process.rejects.kept()[0].name == "orders[3]");
  CHECK(process.rejects.kept()[0].number == 2);
}

TEST_CASE("an event that no subscription means has a receipt that says so") {
  Accepting process;
  process.subscribe_to("orders.*");
  const auto catalog = std::make_shared<routing::Catalog>();
  process.router = routing::Router::make(std::nullopt, catalog).value();
  process.source->put(
      {R"({"event_id":"a","type":"orders.made"})", R"({"event_id":"b","type":"bills.made"})"});
  process.source->end();
  REQUIRE(process.run());
  CHECK(process.told() == Kinds{{0, Kind::accepted}, {1, Kind::unmatched}});
  CHECK(process.verdicts->all().at(1)[0].position == Position{2});
}

TEST_CASE("no receipt and no cursor is told before its commit is durable") {
  Accepting process;
  std::size_t decided = 0, commits = 0;
  // A commit is looked at twice. Batches come one by one, as each is put in when the last one is told.
  process.before_commit = [&]() -> Result<> {
    const bool starts = commits++ % 2 == 0;
    CHECK(process.verdicts->count() == decided);
    CHECK(process.source->committed().size() == decided / 4);
    if (!starts) {
      decided += 4;
      if (decided < 12)
        process.source->put({event("a", 1), event("a", 1), event("a", 1, "2"), no_event});
      else
        process.source->end();
    }
    return {};
  };
  process.source->put({event("a", 1), event("a", 1), event("a", 1, "2"), no_event});
  REQUIRE(process.run());
  CHECK(decided == 12);
  CHECK(process.told().size() == 12);
  CHECK(process.source->committed() ==
        std::vector<ingest::Cursor>{ingest::Cursor{4}, ingest::Cursor{8}, ingest::Cursor{12}});
}

TEST_CASE("a batch that takes several commits is durable for its source with the last of them") {
  Accepting process;
  std::vector<std::size_t> told_before;
  process.before_commit = [&]() -> Result<> {
    told_before.push_back(process.verdicts->count());
    if (told_before.size() <= 4) CHECK(process.source->committed().empty());
    return {};
  };
  put_many(*process.source, 600, 600);
  process.source->end();
  REQUIRE(process.run());
  CHECK(told_before == std::vector<std::size_t>{0, 0, 512, 512});
  CHECK(process.told().size() == 600);
  CHECK(process.source->committed() == std::vector<ingest::Cursor>{ingest::Cursor{600}});
}

TEST_CASE("an event whose commit fails has a receipt that does not say whether it was accepted") {
  Accepting process;
  int commits = 0;
  process.before_commit = [&]() -> Result<> {
    if (++commits <= 2) return {};
    return fail("the disk is full");
  };
  put_many(*process.source, 512, 512);  // which fill the first transaction
  process.source->put({event("a"), event("b")});
  process.source->put({event("c"), event("a"), event("a", 1, "2"), no_event});
  process.source->put({event("d")});
  process.source->put({event("e")});
  const auto result = process.run();
  REQUIRE_FALSE(result);
  CHECK(result.error().message == "the disk is full");
  const auto told = process.told();
  CHECK(told.at(0) == Kind::accepted);
  CHECK(told.at(511) == Kind::accepted);
  CHECK(told.at(512) == Kind::unknown);
  CHECK(process.source->committed() == std::vector<ingest::Cursor>{ingest::Cursor{512}});
  for (const auto& [event, kind] : told)
    if (event >= 512) CHECK((kind == Kind::unknown || kind == Kind::not_taken));
}

TEST_CASE("a run that is stopped gives one receipt to each event and keeps what it said was accepted") {
  for (const std::size_t stop_after : {0, 1, 40, 300}) {
    CAPTURE(stop_after);
    constexpr int events = 600;
    Accepting process;
    process.meanwhile = [&](flow::Inbox& inbox) {
      return std::jthread{[&] {
        while (process.verdicts->count() < stop_after) std::this_thread::yield();
        inbox.stop(flow::Stop::drain);
        process.source->stop();
      }};
    };
    put_many(*process.source, events, 7);
    const auto result = process.run();
    REQUIRE(result);
    CHECK(result->how == flow::RunResult::How::interrupted);

    // What the source has not given has no receipt yet: it is the source's own.
    std::int64_t accepted = 0;
    std::uint64_t next = 0;
    for (const auto& [event, kind] : process.told()) {
      CHECK(event == next++);
      CHECK((kind == Kind::accepted || kind == Kind::not_taken));
      accepted += kind == Kind::accepted;
    }
    CHECK(accepted >= static_cast<std::int64_t>(stop_after));
    CHECK(process.other()->state_counts().value().of(DeliveryState::pending) == accepted);
    const auto cursors = process.source->committed();
    if (!cursors.empty()) CHECK(cursors.back().value() == static_cast<std::uint64_t>(accepted));
  }
}

TEST_CASE("where a rejected event ends the input what follows it was not taken") {
  Accepting process;
  process.options.stop_on_reject = true;
  process.source->put({event("a")});
  process.source->put({no_event});
  for (const char* id : {"b", "c", "d", "e", "f", "g"}) process.source->put({event(id)});
  process.source->end();
  REQUIRE(process.run());
  const auto told = process.told();
  CHECK(told.at(0) == Kind::accepted);
  CHECK(told.at(1) == Kind::rejected);
  CHECK(told.size() >= 2);
  for (const auto& [event, kind] : told)
    if (event > 1) CHECK(kind == Kind::not_taken);
  for (const auto cursor : process.source->committed()) CHECK(cursor == ingest::Cursor{1});
  CHECK(process.unread() ==
        std::vector<std::string>{
            "what follows orders[3]@1 was not read: --on-bad-line stop ends the input with "
            "the first rejected line"});
}

TEST_CASE("rejects for which there is no room were not taken") {
  Accepting process;
  process.options.rejects_most.lines = 1;
  process.source->put({event("a"), no_event, "nor this", event("a", 1, "2")});
  process.source->end();
  REQUIRE(process.run());
  CHECK(process.told() ==
        Kinds{{0, Kind::accepted}, {1, Kind::rejected}, {2, Kind::not_taken}, {3, Kind::not_taken}});
  const auto unread = process.unread();
  REQUIRE(unread.size() == 1);
  CAPTURE(unread.front());
  CHECK(unread.front().find("orders[3]@2 was not read: the limit of rejected lines is reached") == 0);
}

TEST_CASE("an event whose receipt is waited for does not wait for a destination of others") {
  Accepting process;
  bool decided = false;
  process.before_commit = [&]() -> Result<> {
    if (!std::exchange(decided, true)) process.source->end();  // only now
    return {};
  };
  process.source->put({R"({"event_id":"nowhere"})"});
  REQUIRE(process.run());
  CHECK(process.told() == Kinds{{0, Kind::rejected}});
}

TEST_CASE("a source without receipts is told how far its events are durable") {
  Accepting process;
  process.source = std::make_unique<MemoryEventSource>();
  process.source->put({event("a"), no_event});
  process.source->put({no_event});
  process.source->end();
  REQUIRE(process.run());
  REQUIRE_FALSE(process.source->committed().empty());
  CHECK(process.source->committed().back() == ingest::Cursor{3});
  CHECK(process.verdicts->count() == 0);
}

TEST_CASE("a source that has a sink of its own keeps its rejects there and the journal has none") {
  Accepting process;
  MemoryRejectSink own;
  process.source = std::make_unique<MemoryEventSource>(process.verdicts, &own);
  process.source->put({event("a"), no_event, event("a", 1, "2")});
  process.source->end();
  REQUIRE(process.run());
  CHECK(own.kept().size() == 2);
  CHECK(process.rejects.kept().empty());
  CHECK(process.other()->open_rejects().value() == journal::RejectCount{});
  CHECK(process.told() == Kinds{{0, Kind::accepted}, {1, Kind::rejected}, {2, Kind::conflict}});
}

TEST_CASE("a dispatcher tells receipts in the turn that takes their events in") {
  DispatcherFixture fixture;
  const auto verdicts = std::make_shared<ToldVerdicts>();
  auto some = incoming({{"a", "A", 1}, {"a", "A", 1}, {"b", "A", 1}});
  for (std::uint64_t event = 0; event < 3; ++event) some.batch.receipts.emplace_back(verdicts, event);
  REQUIRE(fixture.inbox.offer(std::move(some)));
  CHECK(verdicts->count() == 0);
  fixture.play();
  const auto all = verdicts->all();
  REQUIRE(all.size() == 3);
  CHECK(all.at(0)[0].kind == Kind::accepted);
  CHECK(all.at(1)[0].kind == Kind::duplicate);
  CHECK(all.at(2)[0].kind == Kind::conflict);
}
