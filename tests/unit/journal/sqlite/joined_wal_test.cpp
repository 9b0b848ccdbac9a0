#include "journal/sqlite/schema/migrations.hpp"
#include "support/disk/failing_disk.hpp"
#include "support/disk/vfs_layer.hpp"
#include "unit/journal/journals.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

/// Counts what reaches write-ahead logs.
class LogWrites final : public VfsLayer {
 public:
  LogWrites() : VfsLayer("log-writes") {}
  int take() { return writes_.exchange(0); }

 protected:
  int write(const LowerFile& file, std::string_view bytes, sqlite3_int64 at) override {
    if (file.path().ends_with("-wal")) ++writes_;
    return VfsLayer::write(file, bytes, at);
  }

 private:
  std::atomic<int> writes_ = 0;
};

std::vector<Line> lines(int count, std::size_t payload = 2) {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i)
    lines.push_back({.id = "e" + std::to_string(i), .payload = std::string(payload, ' ')});
  return lines;
}

/// Writes of one turn that appends so many events.
int writes_of_a_turn(const SqliteOptions& options, int events, std::size_t payload = 2) {
  const TempDir directory;
  LogWrites writes;
  const auto path = directory.path() / "dispatch.db";
  const auto journal = SqliteJournal::open(path, options).value();
  append(*journal, {.id = "first"});
  writes.take();
  append_all(*journal, lines(events, payload));
  const int written = writes.take();
  // Whoever else reads the file finds what was committed.
  SQLite::Database elsewhere{path.string(), SQLite::OPEN_READONLY};
  CHECK(elsewhere.execAndGet("SELECT count(*) FROM events").getInt() == events + 1);
  CHECK(elsewhere.execAndGet("PRAGMA integrity_check").getString() == "ok");
  return written;
}

/// A journal with so little memory that a payload of 1.1 MB goes to the log before its commit.
std::unique_ptr<SqliteJournal> open_small(const std::string& path) {
  return SqliteJournal::open(path, {.cache_bytes = 1024 * 1024}).value();
}

constexpr std::size_t kept_events = 300;

/// Two writers have a journal of `kept_events` events open; the first begins a turn that reaches the log, and
/// `end` ends it without a commit. Whatever the first does afterwards, what the second commits must stay.
void check_nothing_is_destroyed(
    const std::function<void(std::unique_ptr<SqliteJournal>&, std::unique_ptr<Transaction>&)>& end) {
  const TempDir directory;
  const auto path = directory / "dispatch.db";
  auto first = open_small(path);
  append_all(*first, lines(kept_events, 300));
  must(first->checkpoint());

  auto transaction = first->begin().value();
  append_here(*transaction, {{.id = "lost", .payload = std::string(1'100'000, 'x')}});
  end(first, transaction);

  const auto second = SqliteJournal::open(path, {}).value();
  std::size_t events = kept_events;
  const auto commit_elsewhere = [&] {
    for (int turn = 0; turn < 20; ++turn)
      append(*second, {.id = "kept" + std::to_string(events++), .payload = std::string(2'000, 'y')});
  };
  commit_elsewhere();
  if (first != nullptr) {
    CHECK(first->scan(first_queue, Position{0}, 10'000).value().size() == events);
    commit_elsewhere();
    first.reset();
  }
  SQLite::Database elsewhere{path, SQLite::OPEN_READONLY};
  CHECK(elsewhere.execAndGet("PRAGMA integrity_check").getString() == "ok");
  CHECK(static_cast<std::size_t>(elsewhere.execAndGet("SELECT count(*) FROM events").getInt()) == events);
}

}  // namespace

TEST_CASE("joined wal: a commit reaches the log in one write") {
  CHECK(writes_of_a_turn({}, 10) == 1);
}

TEST_CASE("joined wal: a long commit goes in pieces that SQLite's VFS takes whole") {
  const int writes = writes_of_a_turn({}, 100, 10'000);  // about a megabyte
  CHECK(writes >= 8);
  CHECK(writes <= 12);
}

TEST_CASE("joined wal: without a sync at each commit nothing is held back") {
  SqliteOptions options;
  options.opening.durability = Opening::Durability::delayed;
  CHECK(writes_of_a_turn(options, 10) > 10);
}

TEST_CASE("joined wal: a transaction larger than the page cache is whole") {
  SqliteOptions options;
  options.cache_bytes = 64 * 1024;  // its pages go to the log before the commit, some more than once
  CHECK(writes_of_a_turn(options, 2000, 300) > 1);
}

TEST_CASE("joined wal: an abandoned turn destroys nothing that another process commits after it") {
  check_nothing_is_destroyed([](auto&, auto& transaction) { transaction.reset(); });
}

TEST_CASE("joined wal: a journal closed after an abandoned turn destroys nothing that came between") {
  const TempDir directory;
  const auto path = directory / "dispatch.db";
  auto first = open_small(path);
  append_all(*first, lines(kept_events, 300));
  must(first->checkpoint());
  auto transaction = first->begin().value();
  append_here(*transaction, {{.id = "lost", .payload = std::string(1'100'000, 'x')}});
  transaction.reset();

  const auto second = SqliteJournal::open(path, {}).value();
  for (int turn = 0; turn < 300; ++turn)
    append(*second, {.id = "kept" + std::to_string(turn), .payload = std::string(4'000, 'y')});
  first.reset();
  SQLite::Database elsewhere{path, SQLite::OPEN_READONLY};
  CHECK(elsewhere.execAndGet("PRAGMA integrity_check").getString() == "ok");
  CHECK(elsewhere.execAndGet("SELECT count(*) FROM events").getInt() == kept_events + 300);
}

TEST_CASE("joined wal: a journal closed in the middle of a turn destroys nothing") {
  check_nothing_is_destroyed([](auto& journal, auto& transaction) {
    transaction.reset();
    journal.reset();
  });
}

TEST_CASE("joined wal: a turn that SQLite undoes by itself destroys nothing") {
  FailingDisk disk;
  check_nothing_is_destroyed([&](auto& journal, auto& transaction) {
    disk.fail(DiskOperation::read, "dispatch.db");
    CHECK_FALSE(journal->scan(first_queue, Position{0}, 10'000).has_value());
    disk.mend();
    transaction.reset();
  });
}

TEST_CASE("joined wal: a turn whose commit fails destroys nothing") {
  FailingDisk disk;
  check_nothing_is_destroyed([&](auto&, auto& transaction) {
    disk.fail(DiskOperation::sync, "-wal");
    CHECK_FALSE(transaction->commit().has_value());
    disk.mend();
  });
}

TEST_CASE("joined wal: a commit whose log cannot be written destroys nothing") {
  FailingDisk disk;
  check_nothing_is_destroyed([&](auto&, auto& transaction) {
    disk.fail(DiskOperation::write, "-wal");
    CHECK_FALSE(transaction->commit().has_value());
    disk.mend();
  });
}
