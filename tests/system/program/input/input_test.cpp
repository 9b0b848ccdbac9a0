// What the summary and the dry run say of input that was accepted.

#include "system/program/child.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::test;

namespace {

constexpr const char* nowhere = "http://127.0.0.1:9/";

Finished ingest(const TempDir& directory, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"ingest", "--to", nowhere};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_dispatch(directory, all);
}

}  // namespace

TEST_CASE("lines whose mapped order is missing are counted with the pointer and the entities") {
  const TempDir directory;
  directory.write("a.jsonl", R"({"event_id":"1","who":"x","n":1})"
                             "\n"
                             R"({"event_id":"2","who":"x"})"
                             "\n"
                             R"({"event_id":"3","who":"y"})"
                             "\n"
                             R"({"event_id":"4","who":"x"})"
                             "\n"
                             R"({"event_id":"5","n":2})"
                             "\n");
  const std::vector<std::string> mapped{"a.jsonl", "--field", "entity_id=/who", "--field",
                                        "sequence_number=/n"};
  auto dry = mapped;
  dry.emplace_back("--dry-run");
  const auto would = ingest(directory, dry);
  CHECK(has(would.out, "1  without entity_id at /who"));
  CHECK(has(would.out, "3  without sequence_number at /n, in 2 entities"));
  const auto run = ingest(directory, mapped);
  CHECK(run.exit_code == 0);
  CHECK(has(run.err, "1  of those: without entity_id at /who"));
  CHECK(has(run.err, "3  of those: without sequence_number at /n, in 2 entities"));
  // What was not accepted now has no order to lose now.
  CHECK_FALSE(has(ingest(directory, mapped).err, "without entity_id"));
}

TEST_CASE("lines without order where nothing is mapped are not remarked upon") {
  const TempDir directory;
  directory.write("a.jsonl", "{\"event_id\":\"1\"}\n{\"event_id\":\"2\",\"entity_id\":\"x\"}\n");
  CHECK_FALSE(has(ingest(directory, {"a.jsonl"}).err, "without"));
}

TEST_CASE("with --to the URLs of lines that go elsewhere are shown whole and --only-to ignores them") {
  const TempDir directory;
  directory.write("a.jsonl", R"({"event_id":"1","url":"http://127.0.0.1:9/own?a=b"})"
                             "\n"
                             R"({"event_id":"2"})"
                             "\n"
                             R"({"event_id":"3","url":"http://127.0.0.1:9/"})"
                             "\n");
  const auto dry = ingest(directory, {"a.jsonl", "--dry-run"});
  CHECK(has(dry.out, "1  of those: to the url of their line"));
  CHECK(has(dry.out, "1  to http://127.0.0.1:9/own?a=b\n"));
  CHECK_FALSE(has(ingest(directory, {"a.jsonl", "--dry-run", "--only-to"}).out, "own?a=b"));
  CHECK(run_dispatch(directory, {"ingest", "a.jsonl", "--only-to"}).exit_code == 2);

  const auto run = ingest(directory, {"a.jsonl"});
  CHECK(has(run.err, "1  of those: to the url of their line"));
  CHECK(has(run.err, "1  to http://127.0.0.1:9/own?a=b\n"));
}

TEST_CASE("with --only-to every event goes to --to whatever its line says") {
  const TempDir directory;
  directory.write("a.jsonl", R"({"event_id":"1","url":"http://127.0.0.1:9/own"})"
                             "\n"
                             R"({"event_id":"2","url":"no url"})"
                             "\n");
  const auto run = ingest(directory, {"a.jsonl", "--only-to"});
  CHECK(run.exit_code == 0);
  CHECK_FALSE(has(run.err, "/own"));
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"pending\":2,"));
  CHECK(has(run_dispatch(directory, {"events", "show", "1", "--json"}).out,
            "\"destination\":\"http://127.0.0.1:9/\""));
}
