// No file of a run is read and written.

#include "system/program/child.hpp"
#include "system/program/local_receiver.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::test;

namespace {

constexpr const char* nowhere = "http://127.0.0.1:9/";
const std::string events = "{\"event_id\":\"a\"}\nno event\n";

std::set<std::string> names_in(const TempDir& directory) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{directory.path()})
    names.insert(entry.path().filename());
  return names;
}

/// `dispatch run ARGUMENTS...` is refused for `what`, and nothing is made or changed.
void check_refused(const TempDir& directory, std::vector<std::string> arguments, std::string_view what) {
  const auto before = names_in(directory);
  arguments.insert(arguments.begin(), {"run", "--to", nowhere});
  const auto run = run_dispatch(directory, arguments);
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, what));
  CHECK(has(run.err, "nothing was read or sent"));
  CHECK(names_in(directory) == before);
}

}  // namespace

TEST_CASE("an input that is the rejects file is refused before anything is read") {
  const TempDir directory;
  directory.write("events.jsonl", events);
  std::filesystem::create_hard_link(directory / "events.jsonl", directory / "other.jsonl");
  check_refused(
      directory, {"events.jsonl", "--rejects", "other.jsonl"},
      "input events.jsonl and rejects file other.jsonl are the same file; name another with --rejects");
  CHECK(read_file(directory / "events.jsonl") == events);
}

TEST_CASE("an input that is the journal or beside it is refused") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  directory.write("events.jsonl", events);
  REQUIRE(run_dispatch(directory, {"run", "--to", receiver.url(), "events.jsonl"}).exit_code == 4);
  check_refused(directory, {"events.jsonl", "dispatch.db"},
                "input dispatch.db and journal dispatch.db are the same");
  check_refused(directory, {"dispatch.db.gate"}, "input dispatch.db.gate and journal ");
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a metrics or rejects file that is an input or the journal is refused") {
  const TempDir directory;
  directory.write("events.jsonl", events);
  check_refused(directory, {"events.jsonl", "--metrics-file", "events.jsonl"},
                "input events.jsonl and metrics file events.jsonl are the same file");
  REQUIRE(run_dispatch(directory, {"ingest", "--to", nowhere, "events.jsonl"}).exit_code == 4);
  check_refused(directory, {"--metrics-file", "./dispatch.db"},
                "journal dispatch.db and metrics file ./dispatch.db are the same file");
  check_refused(directory, {"events.jsonl", "--rejects", "dispatch.db"},
                "journal dispatch.db and rejects file dispatch.db are the same file");
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("two outputs that would be one file are refused before either is made") {
  const TempDir directory;
  directory.write("events.jsonl", events);
  std::filesystem::create_directory(directory / "d");
  check_refused(directory, {"events.jsonl", "--rejects", "x", "--metrics-file", "./d/../x"},
                "rejects file x and metrics file ./d/../x are the same file");
  check_refused(directory, {"events.jsonl", "--journal", "n.db", "--rejects", "n.db"},
                "journal n.db and rejects file n.db are the same file");
  check_refused(directory, {"events.jsonl", "--journal", "n.db", "--metrics-file", "n.db-wal"},
                "n.db-wal and metrics file n.db-wal are the same file");
}

TEST_CASE("an input that standard error or standard output is appended to is refused") {
  for (const char* redirection : {">>events.jsonl", "2>>events.jsonl"}) {
    CAPTURE(redirection);
    const TempDir directory;
    directory.write("events.jsonl", events);
    const std::string command =
        std::string{"exec " DISPATCH_PROGRAM " run --to "} + nowhere + " events.jsonl " + redirection;
    Child child{directory, {"-c", command}, {{}, "/bin/sh"}};
    CHECK(child.exit_code() == 2);
    CHECK(names_in(directory) == std::set<std::string>{"events.jsonl"});
  }
}

TEST_CASE("a rejects file of a run before is unwrapped and does not grow") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  directory.write("events.jsonl", events);
  const auto run = [&](const std::vector<std::string>& inputs) {
    std::vector<std::string> arguments{"run", "--to", receiver.url(), "--rejects", "bad.jsonl"};
    arguments.insert(arguments.end(), inputs.begin(), inputs.end());
    return run_dispatch(directory, arguments);
  };
  REQUIRE(run({"events.jsonl"}).exit_code == 4);
  std::filesystem::rename(directory / "bad.jsonl", directory / "old.jsonl");
  const auto again = run({"events.jsonl", "old.jsonl"});
  CHECK(again.exit_code == 4);
  for (const auto& record : lines_of(read_file(directory / "bad.jsonl"))) {
    CHECK(text_under("text", record) == "no event");
    CHECK(text_under("file", record) == "events.jsonl");
    CHECK(has(record, "\"line\":2"));
  }
}
