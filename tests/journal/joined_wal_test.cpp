#include "journal/journals.hpp"
#include "support/vfs_layer.hpp"

#include <atomic>
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
  options.synchronous = SqliteOptions::Synchronous::normal;
  CHECK(writes_of_a_turn(options, 10) > 10);
}

TEST_CASE("joined wal: a transaction larger than the page cache is whole") {
  SqliteOptions options;
  options.cache_bytes = 64 * 1024;  // its pages go to the log before the commit, some more than once
  CHECK(writes_of_a_turn(options, 2000, 300) > 1);
}
