#pragma once

#include "base/system/log.hpp"
#include "flow/dispatcher.hpp"
#include "flow/intake/inbox.hpp"
#include "flow/intake/intake.hpp"
#include "flow/run.hpp"
#include "ingest/rejects/rejects_file.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "support/disk/temp_dir.hpp"
#include "support/fakes.hpp"
#include "support/journal/memory_roster.hpp"
#include "support/scripted_transport.hpp"
#include "tracing/trace_context.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

namespace dispatch::test {

/// An event as a test writes it.
struct Line {
  std::string id;
  std::string entity;  ///< empty: none
  std::optional<std::int64_t> sequence;
  std::string url = "http://a.test/hook";
  std::string payload = "{}";
  tracing::TraceContext trace{};   ///< of the event; none: it is not traced
  tracing::TraceContext parent{};  ///< whoever sent it
};

/// A batch of those, as the feed would bring it.
flow::Incoming incoming(const std::vector<Line>& lines);

inline std::string host_of(const std::string& url) {
  const auto start = url.find("//") + 2;
  return url.substr(start, url.find_first_of(":/", start) - start);
}

/// A whole dispatcher on a real journal, with a scripted transport and a clock that stands still: a test
/// plays histories through it turn by turn, on its own thread. A turn waits for its commit, so that the turns
/// are the same however long the disk takes, unless the options say CommitWait::never.
class DispatcherFixture {
 public:
  explicit DispatcherFixture(flow::RunOptions options = {});

  /// A fixture on which nothing runs yet: rise() makes the process.
  struct Dark {};
  explicit DispatcherFixture(Dark, flow::RunOptions options = {}, const journal::SqliteOptions& journal = {});

  /// What the processes that rise from now on have in place of the journal itself; the test's own look at it.
  std::function<std::unique_ptr<journal::Journal>(std::unique_ptr<journal::Journal>)> through;

  /// For tests in which the journal fails: a process comes, plays, is gone. An error is what would end it.
  Result<> rise();
  /// play(), with a look after each turn that was committed.
  Result<> try_play(const std::function<void()>& after_turn = {});
  /// The process is gone: what was under way is forgotten, the journal stays.
  void fall();

  /// True: turns whose commits are not durable are left so when nothing else moves; false, the default:
  /// play() waits for them.
  bool leaves_commits = false;

  /// Turns are told from now on, those of later processes too.
  void observe(flow::Observer& observer) {
    observer_ = &observer;
    context_->observer = observer_;
  }

  void arrive(const std::vector<Line>& lines) { REQUIRE(inbox.offer(incoming(lines))); }

  /// Turns until nothing moves without time or an outcome.
  void play();

  /// The event of that id ends so, and the consequences are played.
  void answer(const std::string& id, int status) { end(id, answered(status)); }
  void end(const std::string& id, Outcome outcome) {
    REQUIRE(transport.finish(id, std::move(outcome)));
    play();
  }

  void tick(std::chrono::microseconds by) {
    clock.tick(by);
    play();
  }

  /// The process dies here and another takes over.
  void crash();

  /// Another process's view of the same journal.
  std::unique_ptr<journal::SqliteJournal> other_journal() const;
  std::filesystem::path journal_path() const { return directory.path() / "journal.db"; }
  journal::SqliteJournal& journal() { return *file_; }

  /// Nothing while it has not risen.
  flow::RunStats stats() const { return shared_stats_ ? shared_stats_->snapshot() : flow::RunStats{}; }
  bool finished() const { return dispatcher_->finished(); }
  flow::Dispatcher& dispatcher() { return *dispatcher_; }

  TempDir directory;
  ManualClock clock;
  FixedRandom random;
  flow::Inbox inbox{1000};
  flow::RunOptions options;
  /// Holds what is ahead to the limit of the one host that tests with RunOptions::ahead use.
  ScriptedTransport transport{
      inbox, options.ahead == 0 ? std::numeric_limits<std::size_t>::max() : options.requests.per_host};

 private:
  journal::SqliteOptions journal_options_;
  flow::Observer* observer_ = nullptr;
  std::unique_ptr<journal::Journal> journal_;
  journal::SqliteJournal* file_ = nullptr;
  std::unique_ptr<ingest::RejectsFile> rejects_;
  std::unique_ptr<flow::SharedStats> shared_stats_;
  std::unique_ptr<routing::Router> router_;
  MemoryRoster roster_;
  std::unique_ptr<flow::RunContext> context_;
  std::unique_ptr<flow::Intake> intake_;
  std::unique_ptr<flow::Dispatcher> dispatcher_;
};

/// Another process acts on the journal, in a transaction of its own.
template <class Act>
void as_operator(const DispatcherFixture& fixture, Act act) {
  const auto journal = fixture.other_journal();
  auto transaction = journal->begin().value();
  if constexpr (std::is_invocable_v<Act, journal::Transaction&>)
    act(*transaction);
  else
    act(*journal, *transaction);
  REQUIRE(transaction->commit());
}

/// A subscription to events of these types at a host of its own, without a limit.
inline Subscription subscription(const std::string& id, std::vector<std::string> types = {"*"}) {
  Subscription made;
  made.id = id;
  made.host = id + ".test";
  made.url = "http://" + made.host + "/hook";
  made.event_types = std::move(types);
  made.rate.reset();
  return made;
}

/// Adds it, or changes the one of that id.
inline SubscriptionNo subscribe(const DispatcherFixture& fixture, const Subscription& wanted) {
  SubscriptionNo no;
  as_operator(fixture, [&](journal::Transaction& transaction) {
    no = transaction.put_subscription(wanted, fixture.clock.wall()).value();
  });
  return no;
}

}  // namespace dispatch::test
