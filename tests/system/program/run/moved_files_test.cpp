// Files of a journal that are removed or replaced under a run, and journals of two names: the run ends with
// exit 6 within three seconds, and nobody else gets the journal meanwhile.

#include "system/program/scenario.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Puts a stranger's file where a file of the journal was, in one step: the run must not see the moment
/// between.
std::string replace(const TempDir& directory, const std::string& name) {
  const std::string old = directory.write(name + ".old", "a stranger");
  const std::string place = directory / name;
  REQUIRE(::renameat2(AT_FDCWD, old.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0);
  return place;
}

}  // namespace

TEST_CASE("a run whose journal or lock file goes ends with exit 6 while it idles and touches nothing") {
  for (const std::string name : {"dispatch.db", "dispatch.db-wal", "dispatch.db-shm", "dispatch.db.gate"}) {
    for (const bool replaced : {false, true}) {
      CAPTURE(name);
      CAPTURE(replaced);
      const TempDir directory;
      const Receiver receiver;
      Child run{directory, {"run", "-", "--to", receiver.url()}};
      REQUIRE(run.write(event_line("e1", "E", 1)));
      REQUIRE(receiver.wait_ended(1));
      if (replaced)
        replace(directory, name);
      else
        std::filesystem::rename(directory / name, directory / (name + ".old"));
      const auto taken = std::chrono::steady_clock::now();
      CHECK(run.exit_code() == 6);
      CHECK(std::chrono::steady_clock::now() - taken < 3s);
      const auto said = run.err().all();
      CAPTURE(said);
      CHECK(has(said, fmt::format("{} was {} while journal dispatch.db was in use", name,
                                  replaced ? "replaced by another file" : "removed")));
      CHECK(has(said, "dispatch-operating(7)"));
      CHECK(read_file(directory / name) == (replaced ? "a stranger" : ""));
      CHECK(std::filesystem::exists(directory / name) == replaced);
    }
  }
}

TEST_CASE("a run whose journal is cut off ends with exit 6 and leaves it as it is") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(event_line("e1", "E", 1)));
  REQUIRE(receiver.wait_ended(1));
  std::filesystem::resize_file(directory / "dispatch.db", 0);
  run.write(event_line("e2", "E", 2));
  run.close_input();
  CHECK(run.exit_code() == 6);
  const auto said = run.err().all();
  CAPTURE(said);
  CHECK(has(said, "journal dispatch.db was cut off from"));
  CHECK_FALSE(has(said, "all that was accepted"));
  CHECK(std::filesystem::file_size(directory / "dispatch.db") == 0);
}

TEST_CASE("an ingest and a follower whose journal goes end with exit 6 while they idle") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(event_line("e1", "E", 1)));
  REQUIRE(receiver.wait_ended(1));
  Child ingest{directory, {"ingest", "-", "--to", receiver.url()}};
  Child follower{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(ingest.write(event_line("e2", "E", 2)));
  REQUIRE(follower.write(event_line("f1", "F", 1)));
  REQUIRE(receiver.wait_ended(3));
  run.signal(SIGSTOP);  // else the follower takes over from it, and looks as an owner does
  std::filesystem::rename(directory / "dispatch.db", directory / "elsewhere.db");
  const auto gone = std::chrono::steady_clock::now();
  for (Child* const child : {&ingest, &follower}) CHECK(child->exit_code() == 6);
  CHECK(std::chrono::steady_clock::now() - gone < 3s);
  run.signal(SIGCONT);
  CHECK(run.exit_code() == 6);
  CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));
}

TEST_CASE("what comes after a journal was replaced is not said to be accepted") {
  const TempDir directory;
  Child ingest{directory, {"ingest", "-", "--to", "http://127.0.0.1:9/"}};
  REQUIRE(ingest.write(event_line("e1", "E", 1)));
  const auto accepted = [&] {
    return has(run_dispatch(directory, {"events", "list", "--json"}).out, R"("event_id":"e1")");
  };
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!accepted() && std::chrono::steady_clock::now() < until) {
  }
  REQUIRE(accepted());
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", "http://127.0.0.1:9/", "--journal", "new.db"},
                       event_line("n1", "N", 1))
              .exit_code == 0);
  std::filesystem::rename(directory / "new.db", directory / "dispatch.db");
  const std::string there = read_file(directory / "dispatch.db");
  ingest.write(event_line("e2", "E", 2));
  ingest.close_input();
  CHECK(ingest.exit_code() == 6);
  const auto said = ingest.err().all();
  CAPTURE(said);
  CHECK_FALSE(has(said, "all that was accepted"));
  CHECK(read_file(directory / "dispatch.db") == there);
}

TEST_CASE("no second dispatcher comes by a new lock file") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(event_line("e1", "E", 1)));
  REQUIRE(receiver.wait_ended(1));
  run.signal(SIGSTOP);  // it cannot look
  std::filesystem::remove(directory / "dispatch.db.gate");
  const auto second = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, event_line("e2", "E", 2));
  CAPTURE(second.err);
  CHECK(second.exit_code == 6);
  CHECK(has(second.err, "lock file"));
  run.signal(SIGCONT);
  CHECK(run.exit_code() == 6);
  CHECK(receiver.count() == 1);
}

namespace {

/// A journal of which a run that is on has committed six events, so that they are in its log alone.
class InUse {
 public:
  InUse() {
    REQUIRE(run_.write(streams(2, 3)));
    REQUIRE(receiver_.wait_ended(6));
  }

  const TempDir& directory() const { return directory_; }

  /// Ends the run.
  void end() {
    run_.close_input();
    CHECK(run_.exit_code() == 0);
  }

  /// Gives the commands that did not refuse the journal under this name and say so.
  std::string not_refused(const std::string& name, std::string_view why) const {
    std::string others;
    for (const auto& command : std::vector<std::string>{
             "run -", "ingest -", "dlq release --all", "subscription pause s", "status", "verify",
             "events list", "attempts E0-1", "dlq list", "gap list", "rejects list", "subscription list",
             "backup stale.db", "restore " + name}) {
      std::vector<std::string> arguments;
      for (std::size_t at = 0, end = 0; end != command.npos; at = end + 1) {
        end = command.find(' ', at);
        arguments.push_back(command.substr(at, end == command.npos ? end : end - at));
      }
      arguments.insert(arguments.end(), {"--journal", arguments[0] == "restore" ? "restored.db" : name});
      const auto ended = run_dispatch(directory_, arguments, streams(2, 3));
      if (ended.exit_code == 6 && has(ended.err, why)) continue;
      others += fmt::format("{}: {}, {}\n", command, ended.exit_code, ended.err);
    }
    CHECK_FALSE(std::filesystem::exists(directory_ / "stale.db"));
    CHECK_FALSE(std::filesystem::exists(directory_ / "restored.db"));
    return others;
  }

 private:
  TempDir directory_;
  Receiver receiver_;
  Child run_{directory_, {"run", "-", "--to", receiver_.url()}};
};

}  // namespace

TEST_CASE("a journal in use is refused under a second hard link and read under its own name") {
  InUse journal;
  std::filesystem::create_hard_link(journal.directory() / "dispatch.db", journal.directory() / "other.db");
  CHECK(journal.not_refused("other.db", "has 2 names") == std::string{});
  CHECK(has(run_dispatch(journal.directory(), {"backup", "copy.db"}).err, "6 events are in copy.db"));
  journal.end();
  for (const std::string name : {"dispatch.db", "other.db"})
    CHECK(journal.not_refused(name, "has 2 names") == std::string{});
  std::filesystem::remove(journal.directory() / "other.db");
  CHECK(run_dispatch(journal.directory(), {"verify"}).exit_code == 0);
}

TEST_CASE("a journal that is mounted as a single file is refused by what writes and what reads") {
  InUse journal;
  std::filesystem::create_directory(journal.directory() / "container");
  const std::string mounted = journal.directory().write("container/dispatch.db", "");
  if (::mount((journal.directory() / "dispatch.db").c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr) !=
      0) {
    MESSAGE("skipped: this user may not mount");
    return;
  }
  const auto in_use = journal.not_refused(mounted, "mount its directory");
  journal.end();
  const auto ended = journal.not_refused(mounted, "mount its directory");
  ::umount2(mounted.c_str(), MNT_DETACH);
  CHECK(in_use == std::string{});
  CHECK(ended == std::string{});
}
