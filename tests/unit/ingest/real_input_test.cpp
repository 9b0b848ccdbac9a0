#include "unit/ingest/reading.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

const std::string github = DISPATCH_SHARED_DATA "/github-webhooks.jsonl";

}  // namespace

TEST_CASE("the real payloads are the bytes that stand in their lines") {
  const auto read = read_files({github});
  CHECK(!read.error);
  CHECK(read.rejects.empty());
  REQUIRE(read.events.size() == 329);
  std::set<std::string_view> entities;
  for (std::size_t i = 0; i < read.events.size(); ++i) {
    const auto& event = read.events[i];
    entities.insert(event.entity_id.value());
    // The payload is the last field of every line of this file.
    const auto line = read.origins[i].text;
    const std::string_view key = R"("payload":)";
    const auto at = line.find(key) + key.size();
    CHECK(event.payload == line.substr(at, line.size() - 1 - at));
    CHECK(event.payload.data() == line.data() + at);
    CHECK(event.sequence.has_value());
    CHECK(event.type.starts_with("github."));
  }
  CHECK(entities.size() == 20);
}

TEST_CASE("the real lines are the same events in batches of any size") {
  const auto whole = read_files({github});
  ingest::ReaderOptions one_by_one;
  one_by_one.batch_events = 1;
  const auto single = read_files({github}, one_by_one);
  REQUIRE(single.batches.size() == 329);
  REQUIRE(single.events.size() == whole.events.size());
  for (std::size_t i = 0; i < whole.events.size(); ++i) {
    CHECK(single.events[i].event_id == whole.events[i].event_id);
    CHECK(single.events[i].payload == whole.events[i].payload);
  }
}
