// Input that is no JSON lines: read as what it is, or refused before anything is sent.

#include "support/compress.hpp"
#include "system/program/scenario.hpp"

#include <cstdlib>
#include <fstream>
#include <string>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// The most memory that a process has used so far, in KiB.
long peak_memory_of(pid_t pid) {
  std::ifstream status{fmt::format("/proc/{}/status", pid)};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
  return 0;
}

long array_megabytes() {
  const char* const asked = std::getenv("DISPATCH_ARRAY_MEGABYTES");
  return asked != nullptr ? std::atol(asked) : 12;
}

}  // namespace

TEST_CASE("a pretty-printed array is delivered element by element and byte for byte") {
  const TempDir directory;
  const Receiver receiver;
  const std::string inner = R"({"event_id":"inner","payload":1})";
  directory.write("events.json",
                  "[\n  {\n    \"event_id\": \"a\",\n    \"payload\": {\n      \"n\": 1.50\n    }\n  },\n"
                  "  {\n    \"event_id\": \"b\",\n    \"payload\": [\n" +
                      inner + "\n    ]\n  }\n]\n");
  const auto run = run_dispatch(directory, {"run", "--to", receiver.url(), "events.json"});
  CHECK(run.exit_code == 0);
  std::map<std::string, std::string> bodies;
  for (const auto& request : receiver.received()) bodies[id_of(request)] = request.body;
  CHECK(bodies == std::map<std::string, std::string>{{"a", "{\n      \"n\": 1.50\n    }"},
                                                     {"b", "[\n" + inner + "\n    ]"}});
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run", "--to", receiver.url(), "events.json"}).exit_code == 0);
  CHECK(receiver.count() == 2);
}

TEST_CASE("input of another format is refused with the command to type and nothing is accepted or sent") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("good.jsonl", event_line("good", "X", 1));
  directory.write("bad.csv", "event_id,amount\na,1\nb,2\n");
  const auto files = run_dispatch(directory, {"run", "--to", receiver.url(), "good.jsonl", "bad.csv"});
  CHECK(files.exit_code == 2);
  CHECK(has(files.err,
            "bad.csv is CSV; nothing of it was read or sent; make JSON lines of it: mlr --icsv --ojsonl "
            "cat bad.csv | dispatch run -"));
  CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));
  directory.write("bad.yaml", "- event_id: a\n  payload:\n    x: 1\n- event_id: b\n");
  const auto yaml = run_dispatch(directory, {"run", "--to", receiver.url(), "good.jsonl", "bad.yaml"});
  CHECK(yaml.exit_code == 2);
  CHECK(has(yaml.err,
            "bad.yaml is YAML; nothing of it was read or sent; make JSON lines of it: yq -c '.[]' bad.yaml | "
            "dispatch run - (yq 4 takes -o=json -I=0 instead of -c)"));
  CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));
  const auto piped = run_dispatch(directory, {"run", "--to", receiver.url(), "-"}, "PK\x03\x04 and so on");
  CHECK(piped.exit_code == 2);
  CHECK(has(piped.err, "standard input is a zip archive"));
  CHECK(has(piped.err, "unzip -p FILE | dispatch run -"));
  CHECK(receiver.count() == 0);
  CHECK(run_dispatch(directory, {"run", "--dry-run", "--to", receiver.url(), "bad.csv"}).exit_code == 2);
  const auto lines =
      run_dispatch(directory, {"run", "--input-format", "lines", "--to", receiver.url(), "bad.csv"});
  CHECK(lines.exit_code == 4);
}

TEST_CASE("an input that stays open is not waited for to be told what it is") {
  const TempDir directory;
  const Receiver receiver;
  Child lines{directory, {"run", "--to", receiver.url(), "-"}};
  REQUIRE(lines.write(event_line("line", "X", 1)));
  CHECK(receiver.wait_ended(1));
  lines.close_input();
  CHECK(lines.exit_code() == 0);
  Child array{directory, {"run", "--to", receiver.url(), "-"}};
  REQUIRE(array.write("[\n{\"event_id\":\"first\"},\n{"));
  CHECK(receiver.wait_ended(2));
  REQUIRE(array.write("\"event_id\":\"second\"}\n"));
  CHECK(receiver.wait_ended(3));
  REQUIRE(array.write("]\n"));
  array.close_input();
  CHECK(array.exit_code() == 0);
}

TEST_CASE("an array that breaks is delivered up to there and the error names the line") {
  const TempDir directory;
  const Receiver receiver;
  directory.write(
      "events.json",
      "[\n{\"event_id\":\"a\"},\n{\"event_id\":\"b\"},\n{\"event_id\":\"c\"\n{\"event_id\":\"d\"}\n]\n");
  const auto run = run_dispatch(directory, {"run", "--to", receiver.url(), "events.json"});
  CHECK(run.exit_code != 0);
  CHECK(has(run.err, "events.json, line 5: not JSON: '{' stands where ',' or '}' is expected"));
  CHECK(receiver.count() == 2);
}

TEST_CASE("the records of compressed documents are delivered") {
  const TempDir directory;
  const Receiver receiver;
  directory.write(
      "a.json.gz",
      compress(Codec::gzip, R"({"Records":[{"eventID":"1","eventName":"Put"},{"eventID":"2"}]})"));
  directory.write("b.json.zst", compress(Codec::zstd, R"({"Records":[{"eventID":"3"}]})"));
  const auto run = run_dispatch(directory, {"run", "--to", receiver.url(), "--records", "/Records", "--field",
                                            "event_id=/eventID", "a.json.gz", "b.json.zst"});
  CHECK(run.exit_code == 0);
  CHECK(receiver.count() == 3);
  CHECK(run_dispatch(directory, {"run", "--records", "Records", "a.json.gz"}).exit_code == 2);
  CHECK(
      run_dispatch(directory, {"run", "--records", "/r", "--input-format", "lines", "a.json.gz"}).exit_code ==
      2);
}

TEST_CASE("a large array is read in memory that does not follow its size") {
  const TempDir directory;
  Child run{directory, {"run", "--dry-run", "--to", "http://127.0.0.1:1/", "-"}};
  const std::string payload(100'000, 'x');
  const long elements = array_megabytes() * 10;
  REQUIRE(run.write("["));
  long early = 0;
  for (long i = 0; i < elements; ++i) {
    REQUIRE(run.write(
        fmt::format("{}\n{{\"event_id\":\"{}\",\"payload\":\"{}\"}}", i > 0 ? "," : "", i, payload)));
    if (i == elements / 4) early = peak_memory_of(run.pid());
  }
  const long late = peak_memory_of(run.pid());
  REQUIRE(run.write("]"));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(has(run.out().all(), "events would be accepted, 0 lines rejected"));
  MESSAGE("peak " << early << " KiB after a quarter and " << late << " KiB at the end");
  CHECK(late < early + 8 * 1024);
  CHECK(late < 100 * 1024);
}
