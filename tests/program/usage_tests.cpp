#include "program/child.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch::test;

namespace {}  // namespace

TEST_CASE("without a command the program says what is missing and exits with 2") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {});
  CHECK(run.exit_code == 2);
  CHECK(run.out.empty());
  CHECK(run.err == "dispatch: a command is required; see 'dispatch --help'\n");
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
