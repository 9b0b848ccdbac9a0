#include "base/system/fd.hpp"
#include "base/version.hpp"
#include "system/program/child.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace dispatch::test;

namespace {

/// One that nobody listened on just now.
int free_port() {
  const dispatch::Fd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin_port);
}

}  // namespace

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
  CHECK(run.out == "dispatch " + std::string{version()} + "\n");
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
           {{"events", "list", "--since", "soon"}, "'soon' is not a time"}}) {
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
  CHECK(has(remains.err, "1 delivery cannot proceed; next: dispatch dlq list"));
  const TempDir other;
  const auto rejected = run_dispatch(other, quiet, "no JSON\n");
  CHECK(rejected.exit_code == 4);
  CHECK(line_count(rejected.err) == 1);
  CHECK(has(rejected.err, "the only line was rejected"));
}

TEST_CASE("the first delivery of the README can be pasted as it stands") {
  const std::string readme = read_file(DISPATCH_SOURCE_DIR "/README.md");
  const auto heading = readme.find("## A first delivery\n\n");
  REQUIRE(heading != std::string::npos);
  std::string script;
  for (const auto& line : lines_of(readme.substr(heading, readme.find("\n## ", heading + 1) - heading)))
    if (line.starts_with("    ") && !line.starts_with("    make")) script += line.substr(4) + "\n";
  // As it stands, but for the program of this build and a port that is free.
  const auto replace_all = [&](const std::string& what, const std::string& by) {
    for (auto at = script.find(what); at != std::string::npos; at = script.find(what, at + by.size()))
      script.replace(at, what.size(), by);
  };
  replace_all("build/dispatch", DISPATCH_PROGRAM);
  replace_all("8080", std::to_string(free_port()));

  const TempDir directory;
  Child shell{directory, {"-c", script + "wait\n"}, {{{"DISPATCH_BREAKER", "off"}}, "/bin/bash"}};
  shell.close_input();
  CHECK(shell.exit_code() == 0);
  CHECK(has(shell.out().all(), "hello-1"));
  CHECK(has(shell.err().all(), "all that was accepted is delivered"));
}

TEST_CASE("a wrong value from the configuration file or a variable is told with where it is set") {
  const TempDir directory;
  const auto file =
      directory.write("dispatch.toml", "# ours\n[run]\nto = \"nonsense\"\ncacert = \"/no/ca.pem\"\n");
  const auto input = directory.write("events.jsonl", R"({"event_id":"a","payload":1})");
  const auto late = run_dispatch(directory, {"--config", file, "run", input});
  CHECK(late.exit_code == 2);
  CHECK(has(late.err, "--to 'nonsense' is not an absolute URL"));
  CHECK(has(late.err, "; --to is set in line 3 of the configuration file " + file));
  const auto path = run_dispatch(directory, {"--config", file, "run", input, "--to", "http://127.0.0.1:1/"});
  CHECK(path.exit_code == 2);
  CHECK(
      has(path.err,
          "in /no/ca.pem: No such file or directory; --cacert is set in line 4 of the configuration file "));
  for (const std::string command : {"run", "status"}) {
    const auto variable = run_dispatch(directory, {command}, {},
                                       {.environment = {{"DISPATCH_LOG_LEVEL", "loud"}}, .program = {}});
    CHECK(variable.exit_code == 2);
    CHECK(has(variable.err, "off; --log-level is set by the environment variable DISPATCH_LOG_LEVEL; see "));
  }
  const auto journal = run_dispatch(directory, {"status"}, {},
                                    {.environment = {{"DISPATCH_JOURNAL", "/no/journal.db"}}, .program = {}});
  CHECK(journal.exit_code == 2);
  CHECK(has(journal.err, "there is no journal /no/journal.db"));
  CHECK(has(journal.err, "; --journal is set by the environment variable DISPATCH_JOURNAL"));
}

TEST_CASE("a host with a port is refused with what to type by every command that takes a host") {
  const TempDir directory;
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", "http://127.0.0.1:1/", "--attempts", "1"},
                       R"({"event_id":"a","payload":1})")
              .exit_code == 3);
  const std::vector<std::vector<std::string>> commands{
      {"dlq", "list"}, {"dlq", "release"},   {"dlq", "discard"}, {"dlq", "export"},
      {"retry"},       {"events", "cancel"}, {"replay"},         {"redirect", "--to", "http://127.0.0.1:2/"}};
  const auto said = [&](std::vector<std::string> command, const std::string& host) {
    command.insert(command.end(), {"--host", host});
    const auto ran = run_dispatch(directory, command);
    CHECK(ran.exit_code == 2);
    return ran.err;
  };
  for (const auto& command : commands) {
    CAPTURE(command.front());
    CHECK(has(said(command, "127.0.0.1:1"),
              "has a port; a host is a name without port and means all its ports: give "
              "--host 127.0.0.1, or one whole URL with --url"));
  }
  CHECK(has(said({"retry"}, "[::1]:80"), "give --host [::1], or"));
  CHECK(has(said({"retry"}, "http://127.0.0.1:1/"), "is not the name of a host"));
  CHECK(has(said({"retry"}, "::1"), "the journal knows no host ::1"));
  CHECK(run_dispatch(directory, {"dlq", "release", "--host", "127.0.0.1"}).exit_code == 0);
}

TEST_CASE("a configuration file that cannot be read is told with the reason") {
  const TempDir directory;
  CHECK(has(run_dispatch(directory, {"--config", "missing", "status"}).err,
            "cannot read the configuration file missing: No such file or directory"));
  CHECK(has(run_dispatch(directory, {"--config", ".", "status"}).err,
            "cannot read the configuration file .: Is a directory"));
}

TEST_CASE("rejected lines are named in the order in which they stand in the file") {
  const TempDir directory;
  directory.write("events.jsonl",
                  "{\"event_id\":\"a\",\"payload\":1}\nbad\n{\"event_id\":\"a\",\"payload\":2}\n"
                  "{\"event_id\":\"\"}\n{\"event_id\":\"a\",\"payload\":3}\n");
  const auto run = run_dispatch(directory, {"ingest", "events.jsonl", "--to", "http://127.0.0.1:9/"});
  CHECK(run.exit_code == 4);
  std::vector<std::size_t> places;
  for (const char* line : {"line 2: ", "line 3: ", "line 4: ", "line 5: "})
    places.push_back(run.err.find(line));
  CHECK(places.back() != std::string::npos);
  CHECK(std::is_sorted(places.begin(), places.end()));
}

TEST_CASE("events that no subscription means are not said to be delivered") {
  const TempDir directory;
  REQUIRE(run_dispatch(directory,
                       {"subscription", "add", "s", "--types", "order.*", "--url", "http://127.0.0.1:9/"})
              .exit_code == 0);
  const auto run = run_dispatch(directory, {"run", "-"}, "{\"event_id\":\"a\",\"type\":\"x\"}\n");
  CHECK(run.exit_code == 0);
  CHECK(has(run.err, "what was accepted matched no subscription and was sent nowhere"));
  CHECK_FALSE(has(run.err, "is delivered"));
}

TEST_CASE("a failed connection is told in words of our own and counted as one kind") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run", "-", "--to", "http://127.0.0.1:9/", "--attempts", "1"},
                                "{\"event_id\":\"a\"}\n{\"event_id\":\"b\"}\n");
  CHECK(run.exit_code == 3);
  CHECK(has(run.err, "error                    2  cannot connect: Connection refused"));
  CHECK_FALSE(has(run.err, "Failed to connect"));
}

TEST_CASE("a terminal that knows no control sequences gets none") {
  for (const char* terminal : {"TERM=dumb ", "env -u TERM ", "TERM= "}) {
    CAPTURE(terminal);
    const TempDir directory;
    const std::string command = terminal +
                                std::string{DISPATCH_PROGRAM
                                            " run - --to http://127.0.0.1:9/ --attempts 1 "
                                            "< events; "} +
                                terminal + DISPATCH_PROGRAM " status; " + terminal +
                                DISPATCH_PROGRAM " dlq list";
    directory.write("events", "{\"event_id\":\"a\"}\nbad\n");
    Child child{directory, {"-qec", command, "/dev/null"}, {{}, "/usr/bin/script"}};
    child.close_input();
    CHECK(child.exit_code() == 0);
    const std::string screen = child.out().all();
    CHECK(has(screen, "cannot connect"));
    CHECK(has(screen, "dead_letter"));
    CHECK_FALSE(has(screen, "\x1b"));
  }
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

TEST_CASE("a file at standard input is not passed over where no file is given") {
  const TempDir directory;
  const TempDir beside;
  const auto events = beside.write("events.jsonl", "{\"event_id\":1}\n");
  const auto start = [&](const std::string& input) {
    return std::vector<std::string>{"-c", "exec " DISPATCH_PROGRAM " run < " + input};
  };
  Child child{directory, start(events), {{}, "/bin/bash"}};
  CHECK(child.exit_code() == 2);
  CHECK(has(child.err().all(), "standard input is a file, and no FILE is given; to read it, give -"));
  for (const std::string& nothing : {beside.write("empty", ""), std::string{"/dev/null"}}) {
    Child resumed{directory, start(nothing), {{}, "/bin/bash"}};
    CHECK(resumed.exit_code() == 2);
    CHECK(has(resumed.err().all(), "there is no journal dispatch.db"));
  }
  CHECK(directory.empty());
}

TEST_CASE("a journal that was not there is told of with its whole path") {
  const TempDir directory;
  const auto path = std::filesystem::canonical(directory.path()) / "dispatch.db";
  const auto first =
      run_dispatch(directory, {"ingest", "-", "--to", "http://127.0.0.1:9/"}, "{\"event_id\":\"e1\"}\n");
  CHECK(has(first.err, "made the journal " + path.string()));
  const auto second =
      run_dispatch(directory, {"ingest", "-", "--to", "http://127.0.0.1:9/"}, "{\"event_id\":\"e2\"}\n");
  CHECK_FALSE(has(second.err, "made the journal"));
}

TEST_CASE("a resume where no journal is makes none") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run"});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "there is no journal dispatch.db"));
  CHECK(directory.empty());
}
