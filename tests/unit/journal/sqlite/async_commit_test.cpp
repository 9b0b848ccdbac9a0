// Commits of the SQLite journal that are written first and synced later.

#include "support/disk/failing_disk.hpp"
#include "support/disk/power_loss_vfs.hpp"
#include "support/journal/journal_contents.hpp"
#include "unit/journal/journals.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

CommitToken append_async(Journal& journal, const std::string& id, std::size_t payload = 2) {
  auto transaction = journal.begin().value();
  append_here(*transaction, {{.id = id, .payload = std::string(payload, ' ')}});
  return transaction->commit_async().value();
}

/// Counts syncs of write-ahead logs.
class LogSyncs final : public VfsLayer {
 public:
  LogSyncs() : VfsLayer("log-syncs") {}
  int take() { return syncs_.exchange(0); }

 protected:
  int sync(LowerFile& file, int flags) override {
    if (file.path().ends_with("-wal")) ++syncs_;
    return VfsLayer::sync(file, flags);
  }

 private:
  std::atomic<int> syncs_ = 0;
};

std::int64_t events_in(const std::string& path) {
  SQLite::Database database{path, SQLite::OPEN_READONLY};
  REQUIRE(database.execAndGet("PRAGMA integrity_check").getString() == "ok");
  return database.execAndGet("SELECT count(*) FROM events").getInt64();
}

}  // namespace

TEST_CASE("async commit: it is synced when it is waited for and several share a sync") {
  LogSyncs syncs;
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "first"});
  syncs.take();
  std::vector<CommitToken> tokens;
  for (const char* id : {"a", "b", "c"}) tokens.push_back(append_async(*journal, id));
  CHECK(syncs.take() == 0);
  for (const CommitToken& token : tokens) CHECK_FALSE(token.is_decided());
  must(tokens.back().wait());
  CHECK(syncs.take() == 1);
  for (CommitToken& token : tokens) must(token.wait());
  CHECK(syncs.take() == 0);
}

TEST_CASE("async commit: a commit of another process after it does not make it decided but a sync does") {
  SqliteSubject subject;
  const auto mine = subject.open();
  const auto theirs = subject.open();
  auto token = append_async(*mine, "a");
  append(*theirs, {.id = "b"});
  CHECK_FALSE(token.is_decided());
  auto next = append_async(*mine, "c");
  must(next.wait());
  must(token.wait());
  CHECK(events_in(subject.path()) == 3);
}

TEST_CASE("async commit: without a sync at each commit it is not waited for") {
  SqliteSubject subject;
  const auto journal = subject.open(Opening::Durability::delayed);
  CHECK(append_async(*journal, "a").is_durable());
}

TEST_CASE("async commit: a checkpoint syncs the log first") {
  LogSyncs syncs;
  SqliteSubject subject;
  const auto journal = SqliteJournal::open(subject.path(), {.checkpoint_pages = 1}).value();
  append(*journal, {.id = "first"});
  syncs.take();
  auto token = append_async(*journal, "a");  // and copied by its checkpoint
  CHECK(syncs.take() > 0);
  CHECK(token.is_durable());
}

TEST_CASE("async commit: the lost power takes what was not waited for and leaves what was") {
  for (const bool waits : {false, true}) {
    CAPTURE(waits);
    PowerLossVfs disk;
    SqliteSubject subject;
    {
      const auto journal = subject.open();
      append(*journal, {.id = "first"});
      auto token = append_async(*journal, "a");
      if (waits) must(token.wait());
      disk.cut(Fate::dropped, 0);
      if (!waits) CHECK_FALSE(token.wait().has_value());
    }
    disk.restore();
    CHECK(events_in(subject.path()) == (waits ? 2 : 1));
  }
}

TEST_CASE("async commit: the lost power finds a log that began anew in order") {
  // Each commit is followed by a checkpoint, so that the next one overwrites the log from its beginning.
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    PowerLossVfs disk;
    SqliteSubject subject;
    std::int64_t durable = 0;
    {
      const auto journal = SqliteJournal::open(subject.path(), {.checkpoint_pages = 8}).value();
      for (int i = 0; i < 12; ++i) {
        auto token = append_async(*journal, "e" + std::to_string(i), 3'000);
        if (i % 3 == 2) {
          must(token.wait());
          durable = i + 1;
        }
      }
      for (std::uint64_t i = 0; i < seed % 3; ++i) append_async(*journal, "l" + std::to_string(i), 9'000);
      disk.cut(Fate::torn, seed);
    }
    disk.restore();
    CHECK(events_in(subject.path()) >= durable);
  }
}

TEST_CASE("async commit: a failed sync fails it and all that follow and nothing is checkpointed") {
  FailingDisk disk;
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "first"});
  const auto database = read_file(subject.path());
  auto first = append_async(*journal, "a");
  auto second = append_async(*journal, "b");
  auto open = journal->begin().value();
  append_here(*open, {{.id = "c"}});

  disk.fail(DiskOperation::sync, "-wal");
  const auto waited = first.wait();
  REQUIRE_FALSE(waited.has_value());
  CHECK(waited.error().message.find("cannot commit to journal " + subject.path()) == 0);
  CHECK(waited.error().message.find("run again") != std::string::npos);
  CHECK_FALSE(first.is_durable());
  CHECK_FALSE(first.wait().has_value());
  // The disk is not asked again: it would answer that all is well.
  disk.mend();
  CHECK(second.is_decided());
  CHECK_FALSE(second.wait().has_value());
  CHECK_FALSE(open->commit().has_value());
  open.reset();
  CHECK_FALSE(journal->begin().has_value());
  CHECK_FALSE(journal->checkpoint().has_value());
  CHECK(read_file(subject.path()) == database);
}

TEST_CASE("async commit: a failed sync is told") {
  FailingDisk disk;
  SqliteSubject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "first"});
  auto token = append_async(*journal, "a");
  disk.fail(DiskOperation::sync, "-wal");
  std::promise<void> told;
  token.start([&] { told.set_value(); });
  told.get_future().wait();
  CHECK(token.is_decided());
  CHECK_FALSE(token.is_durable());
  CHECK_FALSE(token.wait().has_value());
}

TEST_CASE("async commit: what a failed sync left in the cache only is written again") {
  PowerLossVfs disk;
  SqliteSubject subject;
  {
    const auto journal = subject.open();
    append(*journal, {.id = "first"});
    auto token = append_async(*journal, "a", 20'000);
    disk.fail_sync(1);
    CHECK_FALSE(token.wait().has_value());
    // Another process builds on what it sees.
    append(*subject.open(), {.id = "b"});
    disk.cut(Fate::dropped, 0);
  }
  disk.restore();
  CHECK(events_in(subject.path()) == 3);
}
