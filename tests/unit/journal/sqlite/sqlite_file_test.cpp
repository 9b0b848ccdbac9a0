// The journal as a file: who may read it, whose it is, and when it is checkpointed.

#include "journal/sqlite/connection/connection.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/schema/migrations.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/killable.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

/// Another program's look into the file, or its work on it.
SQLite::Database elsewhere(const std::string& path) {
  return SQLite::Database{path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
}

std::unique_ptr<SqliteJournal> open(const std::string& path, const SqliteOptions& options = {}) {
  return SqliteJournal::open(path, options).value();
}

/// Appends events that take some 2,000 bytes each, in a turn each.
void append_large(Journal& journal, int from, int count) {
  for (int i = from; i < from + count; ++i)
    append(journal, {.id = std::to_string(i), .payload = std::string(2'000, 'x')});
}

}  // namespace

TEST_CASE("file: only its owner may read the journal and what lies beside it") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  const mode_t former = ::umask(0);
  const auto journal = open(path);
  append(*journal, {.id = "a"});
  ::umask(former);
  for (const char* suffix : {"", "-wal", "-shm", ".gate"}) {
    CAPTURE(suffix);
    CHECK(mode_of(path + suffix) == 0600);
  }
}

TEST_CASE("file: it says whose it is and which version") {
  const TempDir dir;
  const auto journal = open(dir / "dispatch.db");
  auto database = elsewhere(dir / "dispatch.db");
  CHECK(database.execAndGet("PRAGMA application_id").getInt64() == 0x44535054);
  CHECK(database.execAndGet("PRAGMA user_version").getInt64() == latest_version());
  CHECK(database.execAndGet("PRAGMA journal_mode").getString() == "wal");
  CHECK(database.execAndGet("PRAGMA page_size").getInt64() == 4096);
}

TEST_CASE("file: migrations are numbered from 1 without a hole") {
  std::int64_t expected = 0;
  for (const Migration& migration : migrations()) CHECK(migration.version == ++expected);
  CHECK(latest_version() == expected);
}

TEST_CASE("file: a journal that must exist is not made") {
  const TempDir dir;
  const auto journal = SqliteJournal::open(dir / "dispatch.db", {{.existing_only = true}});
  REQUIRE_FALSE(journal.has_value());
  CHECK(journal.error().failure == Failure::usage);
  CHECK(journal.error().message.find(dir / "dispatch.db") != std::string::npos);
  CHECK(dir.empty());
  open(dir / "dispatch.db");
  CHECK(SqliteJournal::open(dir / "dispatch.db", {{.existing_only = true}}).has_value());
}

TEST_CASE("file: what is not a journal of ours is refused and left as it is") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  SUBCASE("no SQLite file at all") {
    dir.write("dispatch.db", std::string(5'000, 'x'));
  }
  SUBCASE("another application") {
    elsewhere(path).exec("PRAGMA application_id = 7; PRAGMA user_version = 1; CREATE TABLE theirs (x)");
  }
  SUBCASE("another application that does not say so") {
    elsewhere(path).exec("CREATE TABLE theirs (x)");
  }
  SUBCASE("a newer version") {
    elsewhere(path).exec(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; CREATE TABLE events (x)",
                    application_id, latest_version() + 1));
  }
  const std::string before = read_file(path);
  const auto journal = SqliteJournal::open(path, {});
  REQUIRE_FALSE(journal.has_value());
  CHECK(journal.error().failure == Failure::unavailable);
  CHECK(journal.error().message.find(path) != std::string::npos);
  CHECK(read_file(path) == before);
  CHECK_FALSE(std::filesystem::exists(path + ".gate"));
}

namespace {

/// A journal that says it has the version before the latest; what that version lacked does not matter to who
/// refuses it.
std::string older_journal(const TempDir& dir) {
  const std::string path = dir / "dispatch.db";
  append(*open(path), {.id = "a"});
  elsewhere(path).exec(fmt::format("PRAGMA user_version = {}", latest_version() - 1));
  return path;
}

void check_refused(const std::string& path, const SqliteOptions& options, std::string_view by_whom) {
  const auto journal = SqliteJournal::open(path, options);
  REQUIRE_FALSE(journal.has_value());
  CHECK(journal.error().failure == Failure::unavailable);
  CAPTURE(journal.error().message);
  CHECK(journal.error().message.find(by_whom) != std::string::npos);
  CHECK(journal.error().message.find(path) != std::string::npos);
  CHECK(elsewhere(path).execAndGet("PRAGMA user_version").getInt64() == latest_version() - 1);
}

}  // namespace

TEST_CASE("file: an older journal is not migrated where nobody is told") {
  const TempDir dir;
  check_refused(older_journal(dir), {}, "dispatch store migrate --journal");
}

TEST_CASE("file: an older journal is not migrated while a run owns it") {
  const TempDir dir;
  const auto path = older_journal(dir);
  const auto owner = Ownership::try_take(path).value();
  REQUIRE(owner);
  check_refused(path, migrating(), fmt::format("a run, process {},", ::getpid()));
}

TEST_CASE("file: an older journal is not migrated while another process has it open to write") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  const Killable other{[&] { return std::shared_ptr{open(path)}; }};
  REQUIRE(other.is_holding());
  elsewhere(path).exec(fmt::format("PRAGMA user_version = {}", latest_version() - 1));
  check_refused(path, migrating(), "a process that writes");
}

TEST_CASE("file: a journal that is there already and of the latest version is opened beside its owner") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  open(path);
  const auto owner = Ownership::try_take(path).value();
  REQUIRE(owner);
  CHECK(SqliteJournal::open(path, {}).has_value());
  // So is an empty file made a journal.
  const auto other = dir.write("other.db", "");
  const auto its_owner = Ownership::try_take(other).value();
  CHECK(SqliteJournal::open(other, {}).has_value());
}

TEST_CASE("file: a directory that is missing is an error that says so") {
  const TempDir dir;
  const auto journal = SqliteJournal::open(dir / "nowhere/dispatch.db", {});
  REQUIRE_FALSE(journal.has_value());
  CHECK(journal.error().message.find("No such file or directory") != std::string::npos);
}

TEST_CASE("file: an empty file becomes a journal") {
  const TempDir dir;
  const std::string path = dir.write("dispatch.db", "");
  CHECK_FALSE(SqliteJournal::open(path, {{.existing_only = true}}).has_value());
  CHECK(append(*open(path), {.id = "a"}).position == Position{1});
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("file: many may make one journal at once") {
  const TempDir dir;
  std::vector<std::thread> threads;
  std::atomic<int> accepted{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto journal = open(dir / "dispatch.db");
      if (append(*journal, {.id = "a"}).verdict == AppendVerdict::accepted) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(accepted == 1);
}

TEST_CASE("file: closing does not checkpoint") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  {
    const auto journal = open(path);
    append(*journal, {.id = "a"});
  }
  CHECK(std::filesystem::file_size(path + "-wal") > 0);
  CHECK(state_of(*open(path), 1) == DeliveryState::pending);
}

TEST_CASE("file: a long WAL is copied back and begun again") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  const auto journal = open(path, {.checkpoint_pages = 50});
  append_large(*journal, 0, 200);
  CHECK(std::filesystem::file_size(path + "-wal") < 2 * 50 * 4'096);
  CHECK(std::filesystem::file_size(path) > 200 * 2'000 / 2);
}

TEST_CASE("file: no commit checkpoints before the WAL is long") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  const auto journal = open(path, {.checkpoint_pages = 1'000'000});
  const auto empty = std::filesystem::file_size(path);
  append_large(*journal, 0, 500);
  // SQLite by itself would have checkpointed at 1,000 pages.
  CHECK(std::filesystem::file_size(path + "-wal") > 1'000 * 4'096);
  CHECK(std::filesystem::file_size(path) == empty);
}

TEST_CASE("file: a reader that keeps an old snapshot holds up nobody") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  const auto journal = open(path, {.checkpoint_pages = 50, .busy_timeout = std::chrono::seconds{20}});
  append_large(*journal, 0, 10);
  auto reader = elsewhere(path);
  reader.exec("BEGIN");
  REQUIRE(reader.execAndGet("SELECT count(*) FROM events").getInt() == 10);
  append_large(*journal, 10, 200);
  CHECK(reader.execAndGet("SELECT count(*) FROM events").getInt() == 10);
  const auto before = std::chrono::steady_clock::now();
  CHECK(journal->checkpoint().has_value());
  CHECK(std::chrono::steady_clock::now() - before <
        std::chrono::seconds{10});  // not until the reader is done
  reader.exec("COMMIT");
  append_large(*journal, 210, 200);
  CHECK(reader.execAndGet("SELECT count(*) FROM events").getInt() == 410);
}

TEST_CASE("file: a checkpoint at the end leaves all in one file") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  const auto journal = open(path);
  append(*journal, {.id = "a"});
  REQUIRE(journal->checkpoint().has_value());
  CHECK(std::filesystem::file_size(path + "-wal") == 0);
  CHECK(append(*journal, {.id = "b"}).position == Position{2});
  auto transaction = journal->begin().value();
  CHECK_FALSE(journal->checkpoint().has_value());
}

TEST_CASE("file: a secret that was rotated out or removed is overwritten") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  const auto journal = open(path);
  Subscription wanted;
  wanted.id = "orders";
  wanted.host = "a.test";
  wanted.url = "http://a.test/hook";
  wanted.event_types = {"*"};
  const auto put = [&](const std::string& secret) {
    wanted.secrets = {{.text = secret, .until = std::nullopt}};
    auto transaction = journal->begin().value();
    const auto no = transaction->put_subscription(wanted, noon).value();
    must(transaction->commit());
    must(journal->checkpoint());
    return no;
  };
  const auto holds = [&](const std::string& text) {
    return (read_file(path) + read_file(path + "-wal")).find(text) != std::string::npos;
  };
  put("first-secret-of-all");
  CHECK(holds("first-secret-of-all"));
  const auto no = put("second-secret-of-all");
  CHECK(holds("second-secret-of-all"));
  CHECK_FALSE(holds("first-secret-of-all"));
  auto transaction = journal->begin().value();
  CHECK(transaction->remove_subscription(no, noon).has_value());
  must(transaction->commit());
  must(journal->checkpoint());
  CHECK_FALSE(holds("second-secret-of-all"));
}

TEST_CASE("file: a turn that writes nothing touches no disk and has no number") {
  const TempDir dir;
  const std::string path = dir / "dispatch.db";
  const auto journal = open(path);
  append(*journal, {.id = "a"});
  const auto size = std::filesystem::file_size(path + "-wal");
  append(*journal, {.id = "a"});
  must(journal->begin().value()->commit());
  CHECK(std::filesystem::file_size(path + "-wal") == size);
  CHECK(elsewhere(path).execAndGet("SELECT turn FROM progress").getInt() == 1);
}
