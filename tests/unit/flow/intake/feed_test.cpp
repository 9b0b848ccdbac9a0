#include "flow/intake/feed.hpp"

#include "journal/digest.hpp"
#include "support/memory_event_source.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <string>
#include <vector>

using namespace dispatch;
using namespace dispatch::test;

TEST_CASE("what is refused of a batch of which a part was taken stands behind the rejects that were taken") {
  auto batch = incoming({{"a", "A", 1}, {"b", "B", 1}, {"c", "C", 1}});
  for (const char* reason : {"taken", "not taken"}) batch.batch.rejects.push_back({{}, reason});
  for (auto& arrival : batch.batch.arrivals) arrival.routes = {};
  flow::reject_unrouted(batch, {.arrival = 1, .reject = 1});
  CHECK(batch.batch.arrivals.size() == 1);
  std::vector<std::string> reasons;
  for (const auto& reject : batch.batch.rejects) reasons.push_back(reject.reason);
  REQUIRE(reasons.size() == 4);
  CHECK(reasons.front() == "taken");
  CHECK(reasons.back() == "not taken");
}

TEST_CASE("an event comes out of the feed with the digest of its content") {
  MemoryEventSource source;
  source.put({R"({"event_id":"a","entity_id":"E","payload":{"n":1},"url":"http://a.test/hook"})"});
  source.end();
  flow::Inbox inbox;
  const flow::Feed feed{source, routing::Router::make(std::nullopt).value(), std::nullopt, inbox};
  const auto mail = inbox.take(std::nullopt, 1);
  REQUIRE(mail.incoming.size() == 1);
  const auto& arrivals = mail.incoming.front().batch.arrivals;
  REQUIRE(arrivals.size() == 1);
  CHECK(arrivals.front().digest == journal::content_digest(arrivals.front()));
}
