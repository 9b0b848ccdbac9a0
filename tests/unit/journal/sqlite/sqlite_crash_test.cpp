// The journal when its process is killed and when its disk fails.

#include "journal/sqlite/statements/failure.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/killable.hpp"

#include <csignal>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/resource.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

std::vector<Line> many(int from, int count) {
  std::vector<Line> lines;
  for (int i = from; i < from + count; ++i)
    lines.push_back(
        {.id = std::to_string(i), .entity = std::to_string(i % 10), .payload = std::string(1'000, 'x')});
  return lines;
}

/// While it lives, a file of this process cannot grow beyond `bytes`: writing further is an error of the
/// disk.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    former_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &former_);
    const rlimit limit{bytes, former_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &former_);
    std::signal(SIGXFSZ, former_handler_);
  }

 private:
  rlimit former_{};
  void (*former_handler_)(int) = nullptr;
};

}  // namespace

TEST_CASE("crash: a process killed in the middle of a turn leaves nothing of it") {
  SqliteSubject subject;
  Killable process{[&]() -> std::shared_ptr<Journal> {
    // Little memory, so that the turn is partly in the WAL before it is committed.
    std::shared_ptr<Journal> journal =
        SqliteJournal::open(subject.path(), {.cache_bytes = 64 * 1024}).value();
    append_all(*journal, many(0, 100));
    std::shared_ptr<Transaction> transaction = journal->begin().value();
    append_here(*transaction, many(100, 2'000));
    const Intent intent{.key = delivery(*journal, 1).key, .state = DeliveryState::pending};
    if (!transaction->begin({&intent, 1}, noon)) return nullptr;
    return {journal.get(), [journal, transaction](Journal*) {}};
  }};
  REQUIRE(process.is_holding());
  process.kill();
  const auto journal = subject.open();
  CHECK(journal->state_counts().value().of(DeliveryState::pending) == 100);
  CHECK(journal->state_counts().value().of(DeliveryState::in_flight) == 0);
  CHECK(journal->scan(first_queue, Position{0}, 10'000).value().size() == 100);
  CHECK(append(*journal, {.id = "100", .entity = "0"}).position == Position{101});
  CHECK(SQLite::Database{subject.path()}.execAndGet("PRAGMA integrity_check").getString() == "ok");
}

TEST_CASE("crash: what a killed process had committed is there") {
  SqliteSubject subject;
  Killable process{[&] {
    std::shared_ptr<Journal> journal = subject.open();
    append_all(*journal, many(0, 100));
    begin(*journal, delivery(*journal, 1));
    return journal;
  }};
  REQUIRE(process.is_holding());
  process.kill();
  const auto journal = subject.open();
  CHECK(journal->state_counts().value().of(DeliveryState::pending) == 99);
  auto transaction = journal->begin().value();
  CHECK(transaction->recover(Orphans::retry, {}, noon, 10).value() == 1);
}

TEST_CASE("disk: a turn that the disk does not take leaves nothing and another run goes on") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_all(*journal, many(0, 10));
  {
    const SmallDisk disk{256 * 1024};
    auto transaction = journal->begin().value();
    append_here(*transaction, many(10, 500));
    const auto committed = transaction->commit();
    REQUIRE_FALSE(committed.has_value());
    CHECK(committed.error().failure == Failure::failed);
    CHECK(committed.error().message.find("run again") != std::string::npos);
    CHECK(committed.error().message.find(subject.path()) != std::string::npos);
  }
  // The object is of no use any more, and says so; who opens the journal anew goes on.
  CHECK_FALSE(journal->begin().has_value());
  const auto next = subject.open();
  CHECK(next->state_counts().value().open() == 10);
  CHECK(append_all(*next, many(10, 500)).back().verdict == AppendVerdict::accepted);
  CHECK(next->state_counts().value().open() == 510);
}

TEST_CASE("disk: a turn in which a write has failed takes nothing more") {
  SqliteSubject subject;
  const auto journal = SqliteJournal::open(subject.path(), {.cache_bytes = 64 * 1024}).value();
  append_all(*journal, many(0, 10));
  {
    auto transaction = journal->begin().value();
    {
      const SmallDisk disk{256 * 1024};
      CHECK_THROWS(append_here(*transaction, many(10, 2'000)));
    }
    // The disk has room again, but the transaction is gone: what is written now would be committed by itself.
    CHECK_THROWS(append_here(*transaction, many(5'000, 1)));
    CHECK_FALSE(transaction->commit().has_value());
  }
  CHECK(journal->state_counts().value().open() == 10);
  CHECK(append(*journal, {.id = "10"}).verdict == AppendVerdict::accepted);
}

TEST_CASE("disk: where a file may not grow the error names the limit") {
  const TempDir dir;
  const auto journal = SqliteJournal::open(dir / "dispatch.db", {}).value();
  const SmallDisk disk{512 * 1024};
  std::string said;
  for (int i = 0; i < 100 && said.empty(); ++i) {
    const auto transaction = journal->begin().value();
    append_here(*transaction, {{.id = std::to_string(i), .payload = std::string(50'000, 'x')}});
    const auto committed = transaction->commit();
    if (!committed) said = committed.error().message;
  }
  CAPTURE(said);
  CHECK(said.find("512 KiB (ulimit -f)") != std::string::npos);
  CHECK(said.find("raise the limit and run again") != std::string::npos);
}

TEST_CASE("disk: errors say what failed and what to do next") {
  const auto message = [](int code) {
    return sqlite_failure(SQLite::Exception{"what SQLite says", code}, "commit to", "/var/x.db").message;
  };
  CHECK(message(SQLITE_FULL) ==
        "cannot commit to journal /var/x.db: the disk is full (what SQLite says); free some space and run "
        "again, "
        "nothing that was accepted is lost");
  CHECK(message(SQLITE_IOERR_FSYNC).find("reading or writing failed") != std::string::npos);
  CHECK(message(SQLITE_READONLY).find("may not be written") != std::string::npos);
  CHECK(message(SQLITE_CORRUPT).find("dispatch verify") != std::string::npos);
  CHECK(message(SQLITE_BUSY).find("another program") != std::string::npos);
}
