#include "system/program/child.hpp"
#include "system/program/local_receiver.hpp"

#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace dispatch::test;

namespace {

const std::string example_events = DISPATCH_SOURCE_DIR "/examples/events.jsonl";

}  // namespace

TEST_CASE("a missing input file stops the run before anything is sent or written") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  const auto run = run_dispatch(directory, {"run", "--to", receiver.url(), example_events, "missing.jsonl"});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "missing.jsonl"));
  CHECK(directory.empty());
  CHECK(receiver.stop() == "");
}

TEST_CASE("a destination that cannot be meant stops the run before anything is written") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run", "--to", "ftp://example.com/", example_events});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "ftp"));
  CHECK(directory.empty());
}

TEST_CASE("an unknown key of the configuration file stops the run before anything is written") {
  const TempDir directory;
  const TempDir elsewhere;
  const std::string file = elsewhere.write("dispatch.toml", "[run]\nworkesr = 3\n");
  const auto run = run_dispatch(directory, {"--config", file, "run", example_events});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "unknown key 'run.workesr'; did you mean 'workers'?"));
  CHECK(directory.empty());
}

TEST_CASE("the configuration file of the examples is accepted") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"--config", DISPATCH_SOURCE_DIR "/examples/dispatch.toml", "run",
                                            "--dry-run", example_events});
  CHECK(run.exit_code == 0);
}

TEST_CASE("the environment names the configuration file and wins over what is in it") {
  const TempDir directory;
  const std::string file = directory.write("dispatch.toml", "journal = \"file.db\"\n");
  REQUIRE(run_dispatch(directory, {"run", "-"}, {}, {{{"DISPATCH_CONFIG", file}}, {}}).exit_code == 0);
  CHECK(std::filesystem::exists(directory / "file.db"));
  REQUIRE(run_dispatch(directory, {"run", "-"}, {},
                       {{{"DISPATCH_CONFIG", file}, {"DISPATCH_JOURNAL", "mine.db"}}, {}})
              .exit_code == 0);
  CHECK(std::filesystem::exists(directory / "mine.db"));
}

TEST_CASE("a configuration file that the environment names must be there") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run"}, {}, {{{"DISPATCH_CONFIG", "missing.toml"}}, {}});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "cannot read the configuration file missing.toml"));
  CHECK(directory.empty());
}

TEST_CASE("a dry run says what would happen and touches nothing") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  const auto run = run_dispatch(directory, {"run", "--dry-run", "--to", receiver.url(), example_events});
  CHECK(run.exit_code == 0);
  CHECK(has(run.out, "12 events would be accepted, 0 lines rejected\n"));
  CHECK(has(run.out, "12  deliveries to 127.0.0.1\n"));
  CHECK(directory.empty());
  CHECK(receiver.stop() == "");
}

TEST_CASE("a dry run names each bad line and keeps it nowhere") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run", "--dry-run", "--to", "http://example.com/", "-"},
                                "{\"event_id\":\"a\"}\n{\"event_id\":\n");
  CHECK(run.exit_code == 4);
  CHECK(has(run.out, "1 event would be accepted, 1 line rejected\n"));
  CHECK(has(run.err, "line 2"));
  CHECK(directory.empty());
}

TEST_CASE("a file that is no journal is left alone") {
  const TempDir directory;
  const std::string text =
      "these are my notes, and they are long enough to be taken for a file of some format\n";
  directory.write("dispatch.db", text);
  const auto run = run_dispatch(directory, {"run", "--to", "http://127.0.0.1:9/", example_events});
  CHECK(run.exit_code == 6);
  CHECK(read_file(directory / "dispatch.db") == text);
}

TEST_CASE("what is ingested now is delivered by a later run and by no other") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  const auto ingest = run_dispatch(directory, {"ingest", "--to", receiver.url() + "/hook", example_events});
  CHECK(ingest.exit_code == 0);
  CHECK(has(ingest.err, "next: dispatch run "));
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  const auto again = run_dispatch(directory, {"run"});
  CHECK(again.exit_code == 0);
  CHECK(has(again.err, "nothing is left to do"));
  CHECK(line_count(receiver.stop()) == 12);
}

TEST_CASE("rejected lines are kept whole and told in the exit code") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  const auto run = run_dispatch(directory, {"run", "--to", receiver.url(), "-"},
                                "{\"event_id\":\"good\"}\n{\"event_id\":\"\"}\n");
  CHECK(run.exit_code == 4);
  CHECK(has(run.err, "line 2"));
  CHECK(run_dispatch(directory, {"rejects", "export", "--all"}).out == "{\"event_id\":\"\"}\n");
  CHECK(line_count(receiver.stop()) == 1);
}

TEST_CASE("a bad line stops the input where that is asked for") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  std::string input = "{\"event_id\":\"\"}\n";
  for (int i = 0; i < 2'000; ++i) input += "{\"event_id\":\"" + std::to_string(i) + "\"}\n";
  const auto run =
      run_dispatch(directory, {"run", "--on-bad-line", "stop", "--to", receiver.url(), "-"}, input);
  CHECK(run.exit_code == 4);
  CHECK(line_count(receiver.stop()) < 2'000);
}

TEST_CASE("a quiet run says nothing") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  const auto run = run_dispatch(directory, {"run", "--quiet", "--to", receiver.url(), example_events});
  CHECK(run.exit_code == 0);
  CHECK(run.out.empty());
  CHECK(run.err.empty());
}

TEST_CASE("a run that logs JSON writes nothing else to standard error") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  const auto run = run_dispatch(directory, {"--log-format", "json", "run", "--to", receiver.url(), "-"},
                                "{\"event_id\":\"a\"}\nnot an event\n");
  CHECK(run.exit_code == 4);
  std::istringstream lines{run.err};
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.starts_with("{\"time\":"));
    CHECK(line.ends_with("}"));
  }
  CHECK(has(run.err, "\"delivered\":1,"));
}

TEST_CASE("an idle run prints a snapshot on SIGUSR1 and leaves on SIGTERM") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  Child child{directory, {"run", "--to", receiver.url(), "-"}};
  child.write("{\"event_id\":\"a\"}\n");
  REQUIRE(receiver.wait_for("new\n"));  // by then signals are taken
  child.signal(SIGUSR1);
  CHECK(child.err().wait_for("in flight\n"));
  child.signal(SIGTERM);
  CHECK(child.exit_code() == 5);
  CHECK(has(child.err().all(), "interrupted after"));
  CHECK(has(child.err().all(), "next: dispatch run "));
}

TEST_CASE("bash completes commands and options from the program's own description") {
  const TempDir directory;
  const std::string script =
      "source <(" DISPATCH_PROGRAM
      " completion bash)\n"
      "COMP_WORDS=(dispatch ru); COMP_CWORD=1; _dispatch; echo \"${COMPREPLY[@]}\"\n"
      "COMP_WORDS=(dispatch run --per); COMP_CWORD=2; _dispatch; echo \"${COMPREPLY[@]}\"\n";
  Child child{directory, {"-c", script}, {{}, "/bin/bash"}};
  CHECK(child.exit_code() == 0);
  CHECK(child.out().all() == "run\n--per-host\n");
}

TEST_CASE("a terminal gets a live line and warnings pass above it") {
  // Takes two seconds of wall time: four events of one entity, half a second each.
  const TempDir directory;
  directory.write("bad", "no event\n");
  LocalReceiver receiver{directory, {"--delay", "500ms"}};
  const std::string command =
      "TERM=xterm " DISPATCH_PROGRAM " run --to " + receiver.url() + " " + example_events + " bad";
  Child child{directory, {"-qec", command, "/dev/null"}, {{}, "/usr/bin/script"}};
  child.close_input();
  CHECK(child.exit_code() == 4);
  const std::string screen = child.out().all();
  CHECK(has(screen, "\r\x1b[Kdispatch: 0 delivered, "));
  CHECK(has(screen, "dispatch: warning: bad"));
  CHECK(has(screen, "\r\x1b[Kdispatch: finished in "));
}

TEST_CASE("only their owner may read the files that a run makes") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  const mode_t former = ::umask(0);
  Child run{directory, {"run", "--to", receiver.url(), "--rejects", "rejects.jsonl", "-"}};
  ::umask(former);
  REQUIRE(run.write("{\"event_id\":\"e1\",\"payload\":1}\nno event\n"));
  REQUIRE(receiver.wait_for(" e1 "));
  const auto check = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{directory.path()}) {
      CAPTURE(entry.path());
      CHECK(entry.status().permissions() ==
            (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
      names.insert(entry.path().filename());
    }
    return names;
  };
  const auto meanwhile = check();  // with those that are there only while it runs
  CHECK(meanwhile.contains("dispatch.db"));
  CHECK(meanwhile.contains("dispatch.db-wal"));
  run.close_input();
  CHECK(run.exit_code() == 4);
  CHECK(check().contains("rejects.jsonl"));
}
