// What the summary and the dry run say of input that was accepted.

#include "program/child.hpp"

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
