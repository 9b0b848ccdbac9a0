// How a process is started: with descriptors that are closed, and with signals that are ignored.

#include "system/program/scenario.hpp"

#include <csignal>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Runs `dispatch ARGUMENTS...` as a shell does after `before`, with `redirections`.
std::vector<std::string> by_shell(const std::string& before, const std::string& redirections,
                                  const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"-c", before + "exec \"$0\" \"$@\" " + redirections, DISPATCH_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

const Child::Setup shell{.environment = {}, .program = "/bin/sh"};

}  // namespace

TEST_CASE("a run delivers and keeps its journal whole whichever of its standard descriptors are closed") {
  for (unsigned closed = 1; closed < 8; ++closed) {
    CAPTURE(closed);
    const TempDir directory;
    const Receiver receiver;
    directory.write("events.jsonl", streams(5, 5) + "no JSON\n");
    std::string redirections;
    for (unsigned descriptor = 0; descriptor < 3; ++descriptor)
      if ((closed >> descriptor & 1U) != 0) redirections += fmt::format("{}>&- ", descriptor);
    const auto run =
        run_dispatch(directory,
                     by_shell("", redirections,
                              {"run", "events.jsonl", "--to", receiver.url(), "--rejects", "rejects.jsonl"}),
                     {}, shell);
    CHECK(run.exit_code == 4);
    CHECK(review(receiver.received()).completed.size() == 25);
    CHECK(run.out.empty());
    CHECK(run.err.empty() == ((closed & 4U) != 0));
    CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
    for (const char* file : {"dispatch.db", "dispatch.db-wal", "dispatch.db.gate", "rejects.jsonl"})
      CHECK_FALSE(has(read_file(directory / file), "dispatch: "));
    CHECK(lines_of(read_file(directory / "rejects.jsonl")).size() == 1);
  }
}

TEST_CASE("a closed standard input is no input") {
  for (unsigned closed = 1; closed < 8; closed += 2) {
    CAPTURE(closed);
    const TempDir directory;
    std::string redirections = "<&- ";
    if ((closed & 2U) != 0) redirections += ">&- ";
    if ((closed & 4U) != 0) redirections += "2>&- ";
    for (const std::string command : {"run", "ingest"}) {
      Child run{directory, by_shell("", redirections, {command, "-", "--to", "http://127.0.0.1:9/"}), shell};
      CHECK(run.exit_code() == 2);
      if ((closed & 4U) == 0) CHECK(has(run.err().all(), "standard input is closed"));
      CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));
    }
  }
}

TEST_CASE("data that a closed standard output cannot take is an error") {
  const TempDir directory;
  CHECK(run_dispatch(directory, {"ingest", "-", "--to", "http://127.0.0.1:9/"}, event_line("e1", "X", 1))
            .exit_code == 0);
  const auto status = run_dispatch(directory, by_shell("", ">&-", {"status"}), {}, shell);
  CHECK(status.exit_code == 1);
  CHECK(has(status.err, "cannot write to standard output"));
}

TEST_CASE("SIGHUP stops a run as SIGTERM does") {
  const TempDir directory;
  const Receiver receiver{after(300ms)};
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(event_line("e1", "X", 1) + event_line("e2", "X", 2)));
  REQUIRE(receiver.wait_for(1));
  run.signal(SIGHUP);
  CHECK(run.exit_code() == 5);
  CHECK(has(run.err().all(), "SIGHUP"));
  REQUIRE(receiver.count() == 1);
  CHECK(receiver.received()[0].ending == Ending::answered);
  const auto unknown = run_dispatch(directory, {"events", "list", "--unknown", "--json"});
  CHECK(unknown.out.empty());
}

TEST_CASE("SIGHUP does nothing to a run that was started with it ignored") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, by_shell("trap '' HUP; ", "", {"run", "-", "--to", receiver.url()}), shell};
  REQUIRE(run.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_ended(1));
  run.signal(SIGHUP);
  REQUIRE(run.write(event_line("e2", "X", 2)));
  REQUIRE(receiver.wait_ended(2));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK_FALSE(has(run.err().all(), "SIGHUP"));
}

TEST_CASE("SIGHUP ends a listener with its summary") {
  const TempDir directory;
  Child listener{directory, {"listen", "--port", "0"}};
  REQUIRE(listener.err().wait_for("listening on"));
  listener.signal(SIGHUP);
  CHECK(listener.exit_code() == 0);
  CHECK(has(listener.err().all(), "0 requests"));
}
