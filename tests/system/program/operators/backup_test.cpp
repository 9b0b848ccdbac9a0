// Backups, restoring them, and journals on media that cannot be written.

#include "system/program/scenario.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include <sqlite3.h>
#include <sys/mount.h>

using namespace dispatch::test;

namespace {

std::string journal_left_by_a_kill(const TempDir& directory, const Receiver& receiver) {
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(streams(2, 2)));
  REQUIRE(receiver.wait_ended(4));
  run.signal(SIGKILL);
  run.exit_code();
  return read_file(directory / "dispatch.db-wal");
}

/// A journal that takes a while to copy.
void make_large_journal(const TempDir& directory) {
  std::string lines;
  const std::string payload = '"' + std::string(1'000'000, 'x') + '"';
  for (int i = 1; i <= 60; ++i) lines += event_line("e" + std::to_string(i), "E", i, {}, payload);
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", "http://127.0.0.1:9/"}, lines).exit_code == 0);
}

/// The files that copies under way have in the directory.
int partial_files(const TempDir& directory) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{directory.path()})
    count += has(entry.path().filename().string(), "dispatch-partial-");
  return count;
}

}  // namespace

TEST_CASE("a backup is made while a run is on and restored when it has ended") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(streams(2, 2)));
  REQUIRE(receiver.wait_ended(4));
  const auto made = run_dispatch(directory, {"backup", "copy.db"});
  CAPTURE(made.err);
  CHECK(made.exit_code == 0);
  CHECK(has(made.err, "4 events are in copy.db"));
  CHECK(has(made.err, "dispatch restore copy.db"));
  CHECK(run_dispatch(directory, {"backup", "copy.db"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"verify", "--journal", "copy.db"}).exit_code == 0);

  const auto refused = run_dispatch(directory, {"restore", "copy.db"});
  CHECK(refused.exit_code == 6);
  CHECK(has(refused.err, "in use"));
  REQUIRE(run.write(event_line("later", "E9", 1)));
  run.close_input();
  CHECK(run.exit_code() == 0);

  const auto restored = run_dispatch(directory, {"restore", "copy.db"});
  CAPTURE(restored.err);
  CHECK(restored.exit_code == 0);
  CHECK(has(restored.err, "dispatch.db.replaced-2"));
  CHECK(has(restored.err, "to deliver what waits in it: dispatch run\n"));
  CHECK_FALSE(has(run_dispatch(directory, {"events", "list"}).out, "later"));
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
  for (const auto& entry : std::filesystem::directory_iterator{directory.path()}) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("dispatch.db.replaced-") && name.ends_with("Z")) {
      CHECK(has(run_dispatch(directory, {"events", "list", "--journal", name}).out, "later"));
    }
  }
}

TEST_CASE("a backup or restore that is ended leaves nothing and says that nothing was changed") {
  const TempDir directory;
  make_large_journal(directory);
  REQUIRE(run_dispatch(directory, {"backup", "copy.db"}).exit_code == 0);
  const auto before = std::filesystem::file_size(directory / "dispatch.db");
  for (const std::string command : {"backup", "restore"}) {
    CAPTURE(command);
    Child child{directory, {command, command == "backup" ? "second.db" : "copy.db"}};
    const auto end = std::chrono::steady_clock::now() + patience;
    while (partial_files(directory) == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    child.signal(SIGTERM);
    CHECK(child.exit_code() == 5);
    CHECK(has(child.err().all(), "nothing was changed"));
    CHECK(partial_files(directory) == 0);
  }
  CHECK_FALSE(std::filesystem::exists(directory / "second.db"));
  CHECK(std::filesystem::file_size(directory / "dispatch.db") == before);

  {
    Child killed{directory, {"restore", "copy.db"}};
    const auto end = std::chrono::steady_clock::now() + patience;
    while (partial_files(directory) == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    killed.signal(SIGKILL);
    killed.exit_code();
  }
  REQUIRE(partial_files(directory) > 0);  // SQLite may have begun a rollback journal of it
  CHECK(run_dispatch(directory, {"backup", "third.db"}).exit_code == 0);
  CHECK(partial_files(directory) == 0);
}

TEST_CASE("a copy that has no room says which place is full") {
  const TempDir directory;
  make_large_journal(directory);
  Child limited{
      directory, {"-c", "ulimit -f 1000; exec " DISPATCH_PROGRAM " backup copy.db"}, {{}, "/bin/sh"}};
  CHECK(limited.exit_code() == 1);
  const auto said = limited.err().all();
  CAPTURE(said);
  CHECK(has(said, "cannot write the copy of dispatch.db to copy.db"));
  CHECK(has(said, "ulimit -f"));
  CHECK(partial_files(directory) == 0);

  const std::string full = directory / "full";
  std::filesystem::create_directory(full);
  if (::mount("dispatch-full", full.c_str(), "tmpfs", 0, "size=4m") != 0) {
    MESSAGE("skipped: this user may not mount");
    return;
  }
  const auto made = run_dispatch(directory, {"backup", "full/copy.db"});
  const bool empty = std::filesystem::is_empty(full);
  ::umount2(full.c_str(), MNT_DETACH);
  CAPTURE(made.err);
  CHECK(made.exit_code == 1);
  CHECK(has(made.err, "cannot write the copy of dispatch.db to full/copy.db: the disk is full, "));
  CHECK(empty);
}

TEST_CASE("a run whose journal may not grow says so") {
  const TempDir directory;
  std::string lines;
  const std::string payload = '"' + std::string(100'000, 'x') + '"';
  for (int i = 1; i <= 30; ++i) lines += event_line("e" + std::to_string(i), "E", i, {}, payload);
  directory.write("events.jsonl", lines);
  Child limited{
      directory,
      {"-c", "ulimit -f 1000; exec " DISPATCH_PROGRAM " ingest events.jsonl --to http://127.0.0.1:9/"},
      {{}, "/bin/sh"}};
  CHECK(limited.exit_code() == 1);
  const auto said = limited.err().all();
  CAPTURE(said);
  CHECK(has(said, "ulimit -f"));
  CHECK(run_dispatch(directory, {"ingest", "events.jsonl", "--to", "http://127.0.0.1:9/"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a journal of an older version is backed up as it is and migrated without sending") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(run_dispatch(directory, {"store", "migrate"}).exit_code == 2);
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", receiver.url()}, streams(1, 2)).exit_code == 0);
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open((directory / "dispatch.db").c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, R"(
    DROP VIEW IF EXISTS all_deliveries;
    DROP VIEW IF EXISTS unwritten_deliveries;
    DROP VIEW turn_log_entries;
    DROP TABLE turn_log;
    ALTER TABLE state_counts RENAME TO tally;
    ALTER TABLE delivery_queues RENAME COLUMN low_watermark TO low_position;
    ALTER TABLE progress RENAME COLUMN last_wakeup TO last_wake;
    PRAGMA user_version = 16)",
                       nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);

  const auto status = run_dispatch(directory, {"status"});
  CHECK(status.exit_code == 6);
  CHECK(has(status.err, "dispatch store migrate"));
  CHECK(has(status.err, "dispatch backup"));
  CHECK(run_dispatch(directory, {"store", "init"}).exit_code == 6);
  CHECK(run_dispatch(directory, {"backup", "before.db"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"status", "--journal", "before.db"}).exit_code == 6);

  const auto migrated = run_dispatch(directory, {"store", "migrate"});
  CAPTURE(migrated.err);
  CHECK(migrated.exit_code == 0);
  CHECK(has(migrated.err, "was migrated from version 16 to version "));
  CHECK(has(run_dispatch(directory, {"store", "migrate"}).err, "needs no migration"));
  CHECK(receiver.count() == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
  const auto restored = run_dispatch(directory, {"restore", "before.db"});
  CHECK(restored.exit_code == 0);
  CHECK(has(restored.err, ": dispatch store migrate\n"));
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 2);
}

TEST_CASE("an empty journal is made once") {
  const TempDir directory;
  const auto made = run_dispatch(directory, {"store", "init"});
  CHECK(made.exit_code == 0);
  CHECK(has(made.err, "made the journal " + (directory / "dispatch.db")));
  CHECK(run_dispatch(directory, {"status"}).exit_code == 0);
  const auto again = run_dispatch(directory, {"store", "init"});
  CHECK(again.exit_code == 0);
  CHECK(has(again.err, "there is already the journal"));
}

TEST_CASE("the log of a killed run is not mixed with a journal that was copied back") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(
      run_dispatch(directory, {"run", "-", "--to", receiver.url()}, event_line("first", "F", 1)).exit_code ==
      0);
  REQUIRE(run_dispatch(directory, {"backup", "copy.db"}).exit_code == 0);
  const std::string log = journal_left_by_a_kill(directory, receiver);
  REQUIRE_FALSE(log.empty());
  std::filesystem::copy_file(directory / "copy.db", directory / "dispatch.db",
                             std::filesystem::copy_options::overwrite_existing);
  const auto before = receiver.count();
  for (const std::string command : {"run", "status", "verify"}) {
    const auto refused = run_dispatch(directory, {command});
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 6);
    CHECK(has(refused.err, "does not belong to journal dispatch.db"));
  }
  CHECK(receiver.count() == before);
  CHECK(read_file(directory / "dispatch.db") == read_file(directory / "copy.db"));
  CHECK(read_file(directory / "dispatch.db-wal") == log);
  // What the message says helps.
  std::filesystem::rename(directory / "dispatch.db-wal", directory / "dispatch.db-wal.old");
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("no journal is made beside what an interrupted restore was to put in place") {
  const TempDir directory;
  const std::vector<std::string> ingest{"ingest", "-", "--to", "http://127.0.0.1:9/"};
  REQUIRE(run_dispatch(directory, ingest, streams(2, 2)).exit_code == 0);
  REQUIRE(run_dispatch(directory, {"backup", "copy.db"}).exit_code == 0);
  // As a restore of an earlier program left it where it was killed.
  std::filesystem::rename(directory / "dispatch.db", directory / "dispatch.db.replaced-20261129T184500Z");
  std::filesystem::copy_file(directory / "copy.db", directory / "dispatch.db.restoring");
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"run", "-"}, ingest, {"status"}, {"verify"}}) {
    const auto refused = run_dispatch(directory, command, event_line("later", "E9", 1));
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 6);
    CHECK(has(refused.err, "dispatch restore --journal dispatch.db FILE"));
  }
  CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));
  CHECK(run_dispatch(directory, {"restore", "dispatch.db.restoring"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"restore", "copy.db"}).exit_code == 0);
  CHECK(has(run_dispatch(directory, {"backup", "again.db"}).err, "4 events are in again.db"));
}

TEST_CASE("a journal on media that cannot be written is read") {
  const TempDir directory;
  const Receiver receiver;
  std::filesystem::create_directory(directory / "media");
  const std::string journal = "media/dispatch.db";
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--journal", journal}, streams(2, 2))
              .exit_code == 0);
  for (const std::string suffix : {"-wal", "-shm", ".gate"})
    std::filesystem::remove(directory / (journal + suffix));
  const std::string media = directory / "media";
  if (::mount(media.c_str(), media.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    MESSAGE("skipped: this user may not mount");
    return;
  }
  const bool closed =
      ::mount(nullptr, media.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"status"}, {"events", "list"}, {"verify"}, {"backup", "copy.db"}}) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--journal", journal});
    const auto read = run_dispatch(directory, arguments);
    CAPTURE(read.err);
    CHECK(read.exit_code == 0);
  }
  const auto written = run_dispatch(directory, {"run", "--journal", journal});
  ::umount2(media.c_str(), MNT_DETACH);
  CHECK(closed);
  CHECK(written.exit_code != 0);
}
