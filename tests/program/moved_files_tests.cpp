// Files of a journal that are removed or replaced under a run, and journals of two names: the run ends with
// exit 6 within three seconds, and nobody else gets the journal meanwhile.

#include "program/scenario.hpp"

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
  std::filesystem::rename(directory / "dispatch.db", directory / "elsewhere.db");
  const auto gone = std::chrono::steady_clock::now();
  for (Child* const child : {&run, &ingest, &follower}) CHECK(child->exit_code() == 6);
  CHECK(std::chrono::steady_clock::now() - gone < 3s);
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

TEST_CASE("a journal of two names is refused by what writes and shown by what reads") {
  const TempDir directory;
  const Receiver receiver;
  const std::string input = streams(2, 3);
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", receiver.url()}, input).exit_code == 0);
  std::filesystem::create_hard_link(directory / "dispatch.db", directory / "other.db");
  for (const std::string name : {"dispatch.db", "other.db"}) {
    CAPTURE(name);
    for (const auto& command : std::vector<std::vector<std::string>>{
             {"run", "-"}, {"ingest", "-"}, {"dlq", "release", "--all"}, {"subscription", "pause", "s"}}) {
      auto arguments = command;
      arguments.insert(arguments.end(), {"--journal", name});
      const auto refused = run_dispatch(directory, arguments, input);
      CAPTURE(refused.err);
      CHECK(refused.exit_code == 6);
      CHECK(has(refused.err, "has 2 names"));
    }
    CHECK(run_dispatch(directory, {"status", "--journal", name}).exit_code == 0);
    CHECK(run_dispatch(directory, {"verify", "--journal", name}).exit_code == 0);
  }
}

TEST_CASE("a journal that is mounted as a single file is refused by what writes") {
  const TempDir directory;
  const Receiver receiver;
  const std::string input = streams(2, 3);
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", receiver.url()}, input).exit_code == 0);
  std::filesystem::create_directory(directory / "container");
  const std::string mounted = directory.write("container/dispatch.db", "");
  if (::mount((directory / "dispatch.db").c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    MESSAGE("skipped: this user may not mount");
    return;
  }
  const auto refused = run_dispatch(directory, {"run", "-", "--journal", mounted}, input);
  const auto shown = run_dispatch(directory, {"status", "--journal", mounted});
  ::umount2(mounted.c_str(), MNT_DETACH);
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 6);
  CHECK(has(refused.err, "mount its directory"));
  CHECK(shown.exit_code == 0);
}
