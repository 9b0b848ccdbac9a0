// The files of a journal that are removed, replaced or reached by other names while it is in use.

#include "journal/sqlite/backup/backup.hpp"
#include "journal/sqlite/files/database_file.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/verify/verify.hpp"
#include "support/disk/vfs_layer.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/killable.hpp"

#include <filesystem>
#include <functional>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

constexpr const char* companions[] = {"", "-wal", "-shm", ".gate"};

std::unique_ptr<SqliteJournal> open(const std::string& path, const SqliteOptions& options = {}) {
  return SqliteJournal::open(path, options).value();
}

/// A file goes, or another takes its place; returns what stands there then.
std::string remove(const std::string& path) {
  std::filesystem::rename(path, path + ".old");
  return {};
}
std::string replace(const std::string& path) {
  const std::string content = read_file(path);
  remove(path);
  std::filesystem::copy_file(path + ".old", path);
  return content;
}

template <class T>
void check_refused(const Result<T>& done, const std::string& path) {
  REQUIRE_FALSE(done.has_value());
  CAPTURE(done.error().message);
  CHECK(done.error().failure == Failure::unavailable);
  CHECK(done.error().message.find(path + " was re") != std::string::npos);
  CHECK(done.error().message.find("dispatch-operating(7)") != std::string::npos);
}

/// A transaction begins, and is undone.
Result<> begun(Journal& journal) {
  const auto transaction = journal.begin();
  return transaction ? Result<>{} : tl::unexpected(transaction.error());
}

/// Once the file of that suffix is gone nothing is committed any more, and what stands there stays.
void check_stops(const std::string& suffix, std::string (*go)(const std::string&)) {
  CAPTURE(suffix);
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  auto journal = open(path);
  append(*journal, {.id = "before"});
  std::string there;
  SUBCASE("between two turns") {
    there = go(path + suffix);
    check_refused(journal->begin(), path + suffix);
  }
  SUBCASE("in the middle of a turn") {
    auto transaction = journal->begin().value();
    append_here(*transaction, {{.id = "after"}});
    there = go(path + suffix);
    check_refused(transaction->commit(), path + suffix);
    CHECK_FALSE(journal->begin().has_value());
  }
  check_refused(journal->check_in_place(), path + suffix);
  check_refused(journal->checkpoint(), path + suffix);
  journal.reset();
  CHECK(read_file(path + suffix) == there);
}

/// Does something when the log is synced, which is when a commit becomes durable.
class AtSync final : public VfsLayer {
 public:
  explicit AtSync(std::function<void()> act) : VfsLayer("at-sync"), act_(std::move(act)) {}
  bool armed = false;

 protected:
  int sync(LowerFile& file, int flags) override {
    if (std::exchange(armed, false)) act_();
    return VfsLayer::sync(file, flags);
  }

 private:
  std::function<void()> act_;
};

/// Does something when SQLite is about to open that file.
class AtOpen final : public VfsLayer {
 public:
  AtOpen(std::string path, std::function<void()> act)
      : VfsLayer("at-open"), path_(std::move(path)), act_(std::move(act)) {}
  bool armed = false;

 protected:
  int admit(DiskOperation operation, const std::string& path) override {
    if (operation == DiskOperation::open && path == path_ && std::exchange(armed, false)) act_();
    return SQLITE_OK;
  }

 private:
  const std::string path_;
  std::function<void()> act_;
};

/// True where SQLite holds its shared lock on the database, as another process sees it.
bool is_locked_by_sqlite(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock asked {};
    asked.l_type = F_WRLCK;
    asked.l_whence = SEEK_SET;
    asked.l_start = 0x40000002;  // SHARED_FIRST
    asked.l_len = 510;
    ::_exit(::fcntl(descriptor, F_GETLK, &asked) == 0 && asked.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

}  // namespace

TEST_CASE("files: whatever file of a journal is removed nothing more is committed") {
  for (const std::string suffix : companions) check_stops(suffix, remove);
}

TEST_CASE(
    "files: whatever file of a journal is replaced nothing more is committed and the new one is left alone") {
  for (const std::string suffix : companions) check_stops(suffix, replace);
}

TEST_CASE("files: once a database is cut off nothing more is committed and it stays as it is") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  auto journal = open(path);
  std::uintmax_t left = 0;
  SUBCASE("to nothing before it has grown") {}
  SUBCASE("to what it had when it was opened") {
    left = std::filesystem::file_size(path);
    append(*journal, {.id = "before", .payload = std::string(200'000, 'x')});
    must(journal->checkpoint());
    must(journal->begin());
    REQUIRE(std::filesystem::file_size(path) > left);
  }
  std::filesystem::resize_file(path, left);
  for (const auto& refused : {begun(*journal), journal->check_in_place(), journal->checkpoint()}) {
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().failure == Failure::unavailable);
    CHECK(refused.error().message.find(path + " was cut off from ") != std::string::npos);
  }
  journal.reset();
  CHECK(std::filesystem::file_size(path) == left);
}

TEST_CASE("files: a journal that goes during its commit is not said to hold the turn") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  AtSync disk{[&] { remove(path); }};
  const auto journal = open(path);
  auto transaction = journal->begin().value();
  append_here(*transaction, {{.id = "a"}});
  disk.armed = true;
  check_refused(transaction->commit(), path);
}

TEST_CASE("files: a turn whose lock file was replaced is not committed") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  auto journal = open(path);
  append(*journal, {.id = "before"});
  auto transaction = journal->begin().value();
  append_here(*transaction, {{.id = "after"}});
  replace(path + ".gate");
  check_refused(transaction->commit(), path + ".gate");
  transaction.reset();
  journal.reset();
  // By now somebody else may have the journal; what was refused must not be in it.
  CHECK(back_up(path, directory / "copy.db").value().events == 1);
}

TEST_CASE("files: a journal that is replaced while a reader opens it is not read") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  append(*open(path), {.id = "a"});
  AtOpen disk{path, [&] { replace(path); }};
  disk.armed = true;
  const auto reader = SqliteReader::open(path);
  REQUIRE_FALSE(reader.has_value());
  check_refused<void>(tl::unexpected(reader.error()), path);
}

TEST_CASE("files: a link that leads to another journal now is seen") {
  const TempDir directory;
  const std::string link = directory / "link.db";
  open(directory / "a.db");
  open(directory / "b.db");
  std::filesystem::create_symlink(directory / "a.db", link);
  const auto journal = open(link);
  append(*journal, {.id = "a"});
  std::filesystem::remove(link);
  std::filesystem::create_symlink(directory / "b.db", link);
  check_refused(journal->begin(), link);
}

TEST_CASE("files: an owner whose lock file was replaced while it took the lock is none") {
  const TempDir directory;
  auto file = LockFile::open(directory / "dispatch.db").value();
  CHECK(file.check_in_place().has_value());
  replace(directory / "dispatch.db.gate");
  const auto taken = Ownership::try_take(std::move(file));
  REQUIRE_FALSE(taken.has_value());
  check_refused<void>(tl::unexpected(taken.error()), directory / "dispatch.db.gate");
}

TEST_CASE("files: a lock file that is a link or a pipe is refused") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db.gate";
  SUBCASE("a link") {
    directory.write("elsewhere", "theirs");
    std::filesystem::create_symlink(directory / "elsewhere", path);
  }
  SUBCASE("a pipe") {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  }
  const auto journal = SqliteJournal::open(directory / "dispatch.db", {});
  REQUIRE_FALSE(journal.has_value());
  CHECK(journal.error().failure == Failure::unavailable);
  CHECK(journal.error().message.find(path) != std::string::npos);
}

TEST_CASE("files: a journal of two names is neither written nor read") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", other = directory / "other.db";
  append(*open(path), {.id = "a"});  // which is in the log of one name only
  std::filesystem::create_hard_link(path, other);
  for (const auto& name : {path, other}) {
    CAPTURE(name);
    const auto journal = SqliteJournal::open(name, {});
    REQUIRE_FALSE(journal.has_value());
    for (const auto& error : {journal.error(), SqliteReader::open(name).error(), verify(name).error(),
                              back_up(name, directory / "copy.db").error(),
                              restore(name, directory / "restored.db", noon).error()}) {
      CHECK(error.failure == Failure::unavailable);
      CHECK(error.message.find("2 names") != std::string::npos);
    }
  }
  CHECK_FALSE(std::filesystem::exists(directory / "copy.db"));
  std::filesystem::remove(other);
  CHECK(SqliteJournal::open(path, {}).has_value());
  CHECK(verify(path).value().healthy());
}

TEST_CASE("files: a backup may have two names and is read under both") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append(*open(path), {.id = "a"});
  REQUIRE(back_up(path, copy).has_value());
  std::filesystem::create_hard_link(copy, directory / "snapshot.db");
  CHECK(verify(copy).value().healthy());
  CHECK(restore(directory / "snapshot.db", path, noon).value().backup.events == 1);
}

TEST_CASE("files: a journal in use is read under the name that is in use and under no other") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", other = directory / "other.db";
  Killable process{[&]() -> std::shared_ptr<SqliteJournal> {
    std::shared_ptr<SqliteJournal> journal = open(path);
    append(*journal, {.id = "a"});
    return journal;
  }};
  REQUIRE(process.is_holding());
  std::filesystem::create_hard_link(path, other);
  CHECK(back_up(path, directory / "copy.db").value().events == 1);
  for (const auto& error : {SqliteReader::open(other).error(), verify(other).error(),
                            back_up(other, directory / "stale.db").error(),
                            restore(other, directory / "restored.db", noon).error()}) {
    CHECK(error.failure == Failure::unavailable);
    CHECK(error.message.find("2 names") != std::string::npos);
  }
  // What the name was when the process came does not matter, as long as it leads to the same lock.
  std::filesystem::create_symlink(path, directory / "link.db");
  CHECK(verify(directory / "link.db").value().healthy());
  std::filesystem::remove(other);
  std::filesystem::remove(path + ".gate");
  CHECK(SqliteReader::open(path).error().message.find("in use under another name") != std::string::npos);
}

TEST_CASE("files: a journal in use under another name or with another lock file is refused") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  Killable process{[&]() -> std::shared_ptr<SqliteJournal> { return open(path); }};
  REQUIRE(process.is_holding());
  CHECK(SqliteJournal::open(path, {}).has_value());  // the same name
  std::filesystem::remove(path + ".gate");
  const auto journal = SqliteJournal::open(path, {});
  REQUIRE_FALSE(journal.has_value());
  CHECK(journal.error().failure == Failure::unavailable);
  CHECK(journal.error().message.find("another name") != std::string::npos);
  process.kill();
  CHECK(SqliteJournal::open(path, {}).has_value());
}

TEST_CASE("files: two objects of one process have one file under one name only") {
  const TempDir directory;
  const std::string path = directory.write("dispatch.db", "");
  const auto first = DatabaseFile::open(path).value(), second = DatabaseFile::open(path).value();
  CHECK(first.identity() == second.identity());
  must(first.claim_name({1, 2}));
  must(second.claim_name({1, 2}));
  CHECK_FALSE(second.claim_name({1, 3}).has_value());
}

TEST_CASE("files: closing one object takes no lock of SQLite from another") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  const auto journal = open(path);
  append(*journal, {.id = "a"});
  REQUIRE(is_locked_by_sqlite(path));
  open(path);
  CHECK(is_locked_by_sqlite(path));
  { const auto reader = SqliteReader::open(path).value(); }
  CHECK(is_locked_by_sqlite(path));
  CHECK(verify(path).value().healthy());
  CHECK(is_locked_by_sqlite(path));
}

TEST_CASE("files: a journal of another user is refused") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can give a file away");
    return;
  }
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  append(*open(path), {.id = "a"});
  for (const std::string suffix : companions) {
    CAPTURE(suffix);
    REQUIRE(::chown((path + suffix).c_str(), 65534, 65534) == 0);
    const auto journal = SqliteJournal::open(path, {});
    REQUIRE_FALSE(journal.has_value());
    CHECK(journal.error().failure == Failure::unavailable);
    CHECK(journal.error().message.find(path + suffix + " belongs to the user of number 65534") !=
          std::string::npos);
    REQUIRE(::chown((path + suffix).c_str(), 0, 0) == 0);
  }
  CHECK(state_of(*open(path), 1) == DeliveryState::pending);
}

TEST_CASE("files: a journal that others may use is made private or refused") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  append(*open(path), {.id = "a"});
  for (const std::string suffix : companions) {
    CAPTURE(suffix);
    REQUIRE(::chmod((path + suffix).c_str(), 0640) == 0);
    const auto refused = SqliteJournal::open(path, {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().failure == Failure::unavailable);
    CHECK(refused.error().message.find("chmod 600 " + path + suffix) != std::string::npos);
    CHECK(SqliteReader::open(path).has_value());

    std::vector<std::string> told;
    SqliteOptions options;
    options.opening.notice = [&](const std::string& what) { told.push_back(what); };
    CHECK(SqliteJournal::open(path, options).has_value());
    REQUIRE(told.size() == 1);
    CHECK(told[0].find(path + suffix + " had mode 0640") == 0);
    struct stat status {};
    REQUIRE(::stat((path + suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
  }
}

TEST_CASE("files: a file that is no journal keeps its mode") {
  const TempDir directory;
  const std::string text = directory.write("events.jsonl", "{}\n"), other = directory / "other.db";
  SQLite::Database{other, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec("CREATE TABLE t (a)");
  for (const auto& path : {text, other}) {
    CAPTURE(path);
    REQUIRE(::chmod(path.c_str(), 0644) == 0);
    SqliteOptions options;
    options.opening.notice = [](const std::string& what) { FAIL(what); };
    CHECK(SqliteJournal::open(path, options).error().failure == Failure::unavailable);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0644);
  }
}

TEST_CASE("files: an empty file that becomes a journal is private before anything is in it") {
  const TempDir directory;
  const std::string path = directory.write("dispatch.db", "");
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  const auto journal = open(path);
  for (const std::string suffix : companions) {
    CAPTURE(suffix);
    struct stat status {};
    REQUIRE(::stat((path + suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
  }
}

TEST_CASE("files: who looks for an owner does not wait for a pipe in the place of the lock file") {
  const TempDir directory;
  REQUIRE(::mkfifo((directory / "dispatch.db.gate").c_str(), 0600) == 0);
  CHECK_FALSE(Ownership::is_taken(directory / "dispatch.db").value());
  CHECK_FALSE(LockFile::read_pid(directory / "dispatch.db"));
}

TEST_CASE("files: what is no regular file is refused") {
  const TempDir directory;
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  const auto journal = SqliteJournal::open(directory / "pipe", {});
  REQUIRE_FALSE(journal.has_value());
  CHECK(journal.error().message.find("not a regular file") != std::string::npos);
}
