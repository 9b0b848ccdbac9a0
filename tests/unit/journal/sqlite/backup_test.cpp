// Backup and restore, and logs that do not belong to the database beside them.

#include "journal/sqlite/backup/backup.hpp"

#include "journal/sqlite/files/partial_file.hpp"
#include "journal/sqlite/files/replacement.hpp"
#include "journal/sqlite/locks/opening_lock.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/verify/verify.hpp"
#include "support/disk/vfs_layer.hpp"
#include "support/journal/journal_contents.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/killable.hpp"

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

namespace fs = std::filesystem;

std::unique_ptr<SqliteJournal> open(const std::string& path) {
  return SqliteJournal::open(path, {}).value();
}

/// Appends so many events, in a turn each.
void append_some(const std::string& path, const std::string& name, int count) {
  const auto journal = open(path);
  for (int i = 0; i < count; ++i)
    append(*journal, {.id = name + std::to_string(i), .payload = std::string(2'000, 'x')});
}

void checkpoint(const std::string& path) {
  must(open(path)->checkpoint());
}

/// Nobody writes to it or reads it, and both files stay as they are.
void check_log_is_refused(const std::string& path) {
  const std::string database = read_file(path), log = read_file(path + "-wal");
  REQUIRE_FALSE(log.empty());
  const auto written = SqliteJournal::open(path, {});
  REQUIRE_FALSE(written.has_value());
  CAPTURE(written.error().message);
  CHECK(written.error().failure == Failure::unavailable);
  CHECK(written.error().message.find("does not belong to journal " + path) != std::string::npos);
  CHECK_FALSE(SqliteReader::open(path).has_value());
  CHECK(read_file(path) == database);
  CHECK(read_file(path + "-wal") == log);
}

/// Appends to the journal, from another thread, in the middle of its restore: when the copy is begun.
class AppendsWhileCopied final : public VfsLayer {
 public:
  explicit AppendsWhileCopied(std::string path) : VfsLayer("appends-while-copied"), path_(std::move(path)) {}

  /// Whether it was appended while the copy was made.
  bool appended_meanwhile() const { return appended_meanwhile_; }
  /// Whether it was appended. Waits for it.
  bool appended() { return append_.get(); }

 private:
  void opened(const LowerFile& file) override {
    if (!file.path().ends_with(restoring_suffix) || append_.valid()) return;
    append_ = std::async(std::launch::async, [this] {
      const auto journal = SqliteJournal::open(path_, {});
      if (!journal) return false;
      const auto transaction = (*journal)->begin();
      return transaction && (*transaction)->commit().has_value();
    });
    // It waits for a lock, and gets it only by a fault.
    appended_meanwhile_ = append_.wait_for(std::chrono::milliseconds{500}) == std::future_status::ready;
  }

  std::string path_;
  std::future<bool> append_;
  bool appended_meanwhile_ = false;
};

}  // namespace

TEST_CASE("backup: nobody can write to the journal while it is restored") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 1);
  must(back_up(path, copy));
  AppendsWhileCopied disk{path};
  CHECK(restore(copy, path, noon).has_value());
  CHECK_FALSE(disk.appended_meanwhile());
  CHECK(disk.appended());  // to the journal that was restored
  CHECK(journal_contents(path) == journal_contents(copy));
}

TEST_CASE("backup: it is the journal as it was at one moment while another writes") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 20);
  const auto journal = open(path);
  auto transaction = journal->begin().value();
  append_here(*transaction, {{.id = "later"}});
  const auto made = back_up(path, copy);
  transaction.reset();
  REQUIRE(made.has_value());
  CHECK(made->events == 20);
  CHECK(made->bytes == fs::file_size(copy));
  CHECK(journal_contents(copy) == journal_contents(path));
  CHECK(verify(copy).value().healthy());
  struct stat status {};
  REQUIRE(::stat(copy.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(status.st_nlink == 1);
}

TEST_CASE("backup: a file that is there is not overwritten and nothing is left where it fails") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory.write("copy.db", "mine");
  append_some(path, "a", 1);
  const auto made = back_up(path, copy);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().failure == Failure::usage);
  CHECK(read_file(copy) == "mine");
  CHECK_FALSE(back_up(path, directory / "nowhere/copy.db").has_value());
  CHECK_FALSE(back_up(directory / "none.db", directory / "none-copy.db").has_value());
  for (const auto& entry : fs::directory_iterator{directory.path()})
    CHECK(entry.path().string().find("partial") == std::string::npos);
}

TEST_CASE("backup: partial files of processes that are gone are removed and those of living ones are not") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  append_some(path, "a", 1);
  Killable other{[&]() -> std::shared_ptr<PartialFile> {
    auto made = PartialFile::make(directory / "other.db");
    return made ? std::make_shared<PartialFile>(std::move(*made)) : nullptr;
  }};
  REQUIRE(other.is_holding());
  const auto names_of = [&](std::string_view part) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator{directory.path()})
      count += entry.path().filename().string().find(part) != std::string::npos;
    return count;
  };
  REQUIRE(names_of("other.db.dispatch-partial-") == 1);
  directory.write("yesterday.db.dispatch-partial-AbC123", "left");
  directory.write("yesterday.db.dispatch-partial-AbC123-journal", "left");
  directory.write("copy.db.partial-AbC123", "left by an earlier program");
  directory.write("mine.partial-AbC123", "another program's");
  directory.write("mine.dispatch-partial-AbC1234", "another program's");
  fs::create_symlink("mine.partial-AbC123", directory / "link.dispatch-partial-AbC123");

  REQUIRE(back_up(path, directory / "copy.db").has_value());
  CHECK(names_of("yesterday") == 0);
  CHECK(names_of("copy.db.partial-") == 0);
  CHECK(names_of("mine.") == 2);
  CHECK(names_of("link.") == 1);
  CHECK(names_of("other.db.dispatch-partial-") == 1);

  other.kill();
  REQUIRE(restore(directory / "copy.db", path, noon).has_value());
  CHECK(names_of("other.db") == 0);
}

TEST_CASE("backup: it does not take a name that belongs to the journal") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  append_some(path, "a", 1);
  checkpoint(path);
  fs::create_directory(directory / "here");
  CHECK(back_up(path, "").error().failure == Failure::usage);
  for (const std::string suffix : {"-wal", "-shm", "-journal", ".gate", ".restoring"}) {
    CAPTURE(suffix);
    fs::remove(path + suffix);
    const auto made = back_up(path, directory / ("here/../dispatch.db" + suffix));
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error().failure == Failure::usage);
    CHECK_FALSE(fs::exists(path + suffix));
  }
}

TEST_CASE("backup: where a stop is requested nothing is changed and nothing is left") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 200);
  REQUIRE(back_up(path, copy).has_value());
  append_some(path, "b", 1);
  const auto contents = journal_contents(path);
  std::stop_source stop;
  stop.request_stop();
  const auto made = back_up(path, directory / "second.db", stop.get_token());
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().failure == Failure::interrupted);
  CHECK(made.error().message.find("nothing was changed") != std::string::npos);
  const auto restored = restore(copy, path, noon, stop.get_token());
  REQUIRE_FALSE(restored.has_value());
  CHECK(restored.error().failure == Failure::interrupted);
  CHECK(journal_contents(path) == contents);
  for (const auto& entry : fs::directory_iterator{directory.path()}) {
    const auto name = entry.path().filename().string();
    CAPTURE(name);
    CHECK((name == "copy.db" || name == "dispatch.db" || name == "dispatch.db-wal" ||
           name == "dispatch.db-shm" || name == "dispatch.db.gate"));
  }
}

TEST_CASE("backup: who reads between the last steps of a restore waits for its end") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", kept = path + ".replaced-20261129T184500Z";
  append_some(path, "a", 1);
  fs::create_hard_link(path, kept);
  CHECK_FALSE(SqliteReader::open(path).has_value());  // no restore is under way
  auto under_way = std::make_optional(OpeningLock::take(path, {}).value());
  std::thread last_step{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    fs::remove(kept);
    under_way.reset();
  }};
  const auto reader = SqliteReader::open(path);
  last_step.join();
  CHECK(reader.has_value());
}

TEST_CASE("backup: a journal of an older version is copied as it is") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 3);
  checkpoint(path);
  SQLite::Database{path, SQLite::OPEN_READWRITE}.exec("PRAGMA user_version = 16");
  const auto read = SqliteReader::open(path);
  REQUIRE_FALSE(read.has_value());
  CAPTURE(read.error().message);
  CHECK(read.error().message.find("dispatch store migrate --journal " + path) != std::string::npos);
  REQUIRE(back_up(path, copy).value().events == 3);
  SQLite::Database made{copy, SQLite::OPEN_READONLY};
  CHECK(made.execAndGet("PRAGMA user_version").getInt() == 16);
}

TEST_CASE("backup: restored it is the journal again and what was there is kept with its log") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 5);
  REQUIRE(back_up(path, copy).has_value());
  const auto before = journal_contents(path);
  append_some(path, "b", 5);  // in the log only
  const auto after = journal_contents(path);

  const auto restored = restore(copy, path, noon);
  REQUIRE(restored.has_value());
  CHECK(restored->backup.events == 5);
  CHECK(journal_contents(path) == before);
  REQUIRE(restored->replaced.has_value());
  CHECK(restored->replaced->string().find("dispatch.db.replaced-20231114T2213") != std::string::npos);
  CHECK(journal_contents(restored->replaced->string()) == after);
  append_some(path, "c", 5);
  CHECK(verify(path).value().healthy());
}

TEST_CASE("backup: a journal that is gone is restored too and its log is moved away") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 5);
  REQUIRE(back_up(path, copy).has_value());
  append_some(path, "b", 5);
  fs::remove(path);
  directory.write("dispatch.db", "");  // SQLite would remove the log now
  check_log_is_refused(path);
  fs::remove(path);
  REQUIRE(restore(copy, path, noon).has_value());
  CHECK(open(path)->state_counts().value().open() == 5);
}

TEST_CASE("backup: nothing is restored while the journal is in use or what is no journal") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 5);
  REQUIRE(back_up(path, copy).has_value());
  const auto contents = journal_contents(path);
  {
    Killable writer{[&]() -> std::shared_ptr<SqliteJournal> { return open(path); }};
    REQUIRE(writer.is_holding());
    const auto refused = restore(copy, path, noon);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().failure == Failure::unavailable);
  }
  {
    const auto owner = Ownership::try_take(path).value();
    const auto refused = restore(copy, path, noon);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.find("is in use by process " + std::to_string(::getpid())) !=
          std::string::npos);
  }
  fs::create_directories(path + ".restoring/by-another");
  CHECK(restore(copy, path, noon).error().message.find("cannot remove " + path + ".restoring") == 0);
  fs::remove_all(path + ".restoring");
  fs::create_symlink("nowhere.db", directory / "link.db");
  CHECK(restore(copy, directory / "link.db", noon).error().failure == Failure::usage);
  CHECK(fs::is_symlink(directory / "link.db"));
  CHECK_FALSE(restore(directory.write("text", "no journal"), path, noon).has_value());
  CHECK_FALSE(restore(directory / "none.db", path, noon).has_value());
  CHECK(restore(path, path, noon).error().failure == Failure::usage);
  CHECK(journal_contents(path) == contents);
  CHECK(restore(copy, path, noon).has_value());
}

TEST_CASE("backup: a name that leads in a circle is refused in words") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 1);
  REQUIRE(back_up(path, copy).has_value());
  const std::string circle = directory / "circle.db";
  fs::create_symlink("circle.db", circle);
  const auto restored = restore(copy, circle, noon);
  REQUIRE_FALSE(restored.has_value());
  CAPTURE(restored.error().message);
  CHECK(restored.error().message.find("cannot open journal " + circle) == 0);
  CHECK_FALSE(SqliteJournal::open(circle, {{.existing_only = true}}).has_value());
}

TEST_CASE("log: that of a journal that was replaced by a backup is refused") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", copy = directory / "copy.db";
  append_some(path, "a", 5);
  REQUIRE(back_up(path, copy).has_value());
  append_some(path, "b", 5);
  fs::copy_file(copy, path, fs::copy_options::overwrite_existing);
  check_log_is_refused(path);
  fs::rename(path + "-wal", directory / "old");
  CHECK(open(path)->state_counts().value().open() == 5);
}

TEST_CASE("log: that of a journal whose file was copied back from earlier turns is refused") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  append_some(path, "a", 5);
  checkpoint(path);
  fs::copy_file(path, directory / "copy.db");
  append_some(path, "b", 5);
  checkpoint(path);
  append_some(path, "c", 5);
  fs::copy_file(directory / "copy.db", path, fs::copy_options::overwrite_existing);
  check_log_is_refused(path);
}

TEST_CASE("log: that of another journal is refused") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db", other = directory / "other.db";
  append_some(path, "a", 5);
  checkpoint(path);
  append_some(other, "b", 5);
  checkpoint(other);
  append_some(other, "c", 5);
  fs::copy_file(other + "-wal", path + "-wal", fs::copy_options::overwrite_existing);
  check_log_is_refused(path);
}

TEST_CASE("log: one that belongs to the database is read whatever was copied back of it") {
  const TempDir directory;
  const std::string path = directory / "dispatch.db";
  append_some(path, "a", 3);  // all of it in the log
  append_some(path, "b", 3);
  checkpoint(path);
  append_some(path, "c", 3);  // the database ends where the log begins
  CHECK(open(path)->state_counts().value().open() == 9);
  {
    const auto journal = SqliteJournal::open(path, {.checkpoint_pages = 1}).value();
    SQLite::Database reader{path, SQLite::OPEN_READONLY};  // keeps the log from being begun again
    reader.exec("BEGIN");
    REQUIRE(reader.execAndGet("SELECT count(*) FROM events").getInt() == 9);
    append(*journal, {.id = "d"});
    reader.exec("COMMIT; BEGIN");
    REQUIRE(reader.execAndGet("SELECT count(*) FROM events").getInt() == 10);
    append(*journal, {.id = "e"});  // the database ends in the middle of the log
  }
  CHECK(open(path)->state_counts().value().open() == 11);
}
