#include "program/child.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch::test;

TEST_CASE("without a command the program says what is missing and exits with 2") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {});
  CHECK(run.exit_code == 2);
  CHECK(run.out.empty());
  CHECK(has(run.err, "dispatch: a command is required: run, ingest, "));
  CHECK(has(run.err, "; see 'dispatch --help'\n"));
}

TEST_CASE("a misspelt command is answered with the one that was meant") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"completoin"});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "unknown command 'completoin'; did you mean 'completion'?"));
}

TEST_CASE("a misspelt option is answered with the one that was meant") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"completion", "bash", "--jornal=x.db"});
  CHECK(run.exit_code == 2);
  CHECK(
      has(run.err, "unknown option '--jornal'; did you mean '--journal'?; see 'dispatch completion --help'"));
}

TEST_CASE("a value that cannot be meant is quoted with what may stand there") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"--log-level", "loud", "completion", "bash"});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "--log-level: 'loud' is not a log level; it is debug, info, warning, error or off"));
}

TEST_CASE("the version is one line on standard output") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"--version"});
  CHECK(run.exit_code == 0);
  CHECK(run.out == "dispatch " DISPATCH_VERSION "\n");
}

TEST_CASE("output that cannot be written is an error") {
  for (const char* command : {"completion bash", "run --help", "--version"}) {
    CAPTURE(command);
    const TempDir directory;
    const std::string line = std::string{"exec " DISPATCH_PROGRAM " "} + command + " > /dev/full";
    Child child{directory, {"-c", line}, {{}, "/bin/sh"}};
    CHECK(child.exit_code() == 1);
    CHECK(has(child.err().all(), "dispatch: cannot write to standard output"));
  }
}

TEST_CASE("what is wrong with a value is told also where a command below may follow") {
  const TempDir directory;
  struct Case {
    std::vector<std::string> arguments;
    const char* words;
  };
  for (const Case& each : std::vector<Case>{
           {{"events", "--state", "done"}, "--state: 'done' is not a state; it is one of pending, "},
           {{"events", "--limit", "0"}, "--limit: '0' is not a whole number from 1 to "},
           {{"events", "--after", "x"}, "--after: 'x' is not a whole number from 0 to "},
           {{"events", "list", "--state", "done"}, "--state: 'done' is not a state"},
           {{"events", "--type", "order*"}, "--type: the pattern \"order*\" has a star where none can be"},
           {{"--journal=", "status"}, "--journal needs a value"},
           {{"status", "--journal="}, "--journal needs a value"},
           {{"status", "--journal"}, "--journal needs a value"},
           {{"dlq"},
            "a command is required: list, show, release, discard or export; see 'dispatch dlq --help'"},
           {{"gap"}, "a command is required: list or skip"},
           {{"dlq", "frobnicate"}, "unknown command 'frobnicate'"},
           {{"events", "list", "--since", "soon"}, "'soon' is not a moment"}}) {
    const auto run = run_dispatch(directory, each.arguments);
    CAPTURE(run.err);
    CHECK(run.exit_code == 2);
    CHECK(has(run.err, each.words));
  }
}

TEST_CASE("a moment may be written with ago and types as a pattern") {
  const TempDir directory;
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", "http://127.0.0.1:9/"},
                       "{\"event_id\":\"a\",\"type\":\"order.added\"}\n{\"event_id\":\"b\",\"type\":\"order."
                       "item.added\"}\n"
                       "{\"event_id\":\"c\",\"type\":\"order\"}\n{\"event_id\":\"d\"}\n{\"event_id\":\"e\","
                       "\"type\":\"orders.x\"}\n")
              .exit_code == 0);
  const auto listed = [&](const std::string& option, const std::string& value) {
    return line_count(run_dispatch(directory, {"events", "list", "--json", option, value}).out);
  };
  CHECK(listed("--since", "2h ago") == 5);
  CHECK(listed("--until", "2h ago") == 0);
  CHECK(listed("--type", "order.*") == 2);
  CHECK(listed("--type", "order") == 1);
  CHECK(listed("--type", "order.added") == 1);
  CHECK(listed("--type", "*") == 5);
}

TEST_CASE("a quiet run says in one line what is left to do") {
  const TempDir directory;
  const std::vector<std::string> quiet{"run",        "-", "--to",   "http://127.0.0.1:9/",
                                       "--attempts", "1", "--quiet"};
  const auto remains = run_dispatch(directory, quiet, "{\"event_id\":\"a\"}\n");
  CHECK(remains.exit_code == 3);
  CHECK(line_count(remains.err) == 1);
  CHECK(has(remains.err, "1 delivery remains and cannot move by itself; next: dispatch dlq list"));
  const TempDir other;
  const auto rejected = run_dispatch(other, quiet, "no JSON\n");
  CHECK(rejected.exit_code == 4);
  CHECK(line_count(rejected.err) == 1);
  CHECK(has(rejected.err, "the only line was rejected"));
}

TEST_CASE("input that waits on a pipe is not passed over where no file is given") {
  const TempDir directory;
  const std::string command =
      "printf '{\"event_id\":1}\\n' | { until read -t 0; do :; done; exec " DISPATCH_PROGRAM " run; }";
  Child child{directory, {"-c", command}, {{}, "/bin/bash"}};
  CHECK(child.exit_code() == 2);
  CHECK(has(child.err().all(), "data waits on standard input, and no FILE is given; to read it, give -"));
  CHECK(directory.empty());
}

TEST_CASE("a resume where no journal is makes none") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run"});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "there is no journal dispatch.db"));
  CHECK(directory.empty());
}
