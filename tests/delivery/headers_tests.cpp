#include "delivery/http/headers.hpp"
#include "event/outgoing.hpp"

#include <optional>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;

namespace {

Outgoing order_created() {
  Outgoing outgoing;
  outgoing.event_id = "evt-1";
  outgoing.entity_id = "order-7";
  outgoing.sequence = SequenceNumber{3};
  outgoing.type = "order.created";
  outgoing.attempt = 2;
  outgoing.began = WallTime{std::chrono::milliseconds{1'700'000'000'999}};
  return outgoing;
}

HeaderLines headers_of(const Outgoing& outgoing) {
  HeaderLines lines;
  const auto written = write_headers(outgoing, lines);
  REQUIRE(written);
  return lines;
}

std::vector<std::string> all(const HeaderLines& lines) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < lines.size(); ++i) texts.emplace_back(lines.line(i));
  return texts;
}

/// The one line that begins with `prefix`, without it.
std::optional<std::string> value(const HeaderLines& lines, const std::string& prefix) {
  std::optional<std::string> found;
  for (const auto& line : all(lines)) {
    if (!line.starts_with(prefix)) continue;
    REQUIRE_FALSE(found);
    found = line.substr(prefix.size());
  }
  return found;
}

}  // namespace

TEST_CASE("a request carries what the contract lists and nothing else") {
  CHECK(all(headers_of(order_created())) == std::vector<std::string>{
                                                "Content-Type: application/json",
                                                "User-Agent: dispatch/" DISPATCH_VERSION,
                                                "Idempotency-Key: \"evt-1\"",
                                                "X-Dispatch-Event-ID: evt-1",
                                                "X-Dispatch-Event-Type: order.created",
                                                "X-Dispatch-Entity-ID: order-7",
                                                "X-Dispatch-Sequence: 3",
                                                "X-Dispatch-Attempt: 2",
                                                "X-Dispatch-Timestamp: 1700000000",
                                            });
}

TEST_CASE("what an event does not have is not sent") {
  Outgoing outgoing = order_created();
  outgoing.entity_id.clear();
  outgoing.sequence.reset();
  outgoing.type.clear();
  const auto lines = headers_of(outgoing);
  CHECK_FALSE(value(lines, "X-Dispatch-Entity-ID"));
  CHECK_FALSE(value(lines, "X-Dispatch-Sequence"));
  CHECK_FALSE(value(lines, "X-Dispatch-Event-Type"));
}

TEST_CASE("header lines start anew for each request") {
  HeaderLines lines;
  REQUIRE(write_headers(order_created(), lines));
  REQUIRE(write_headers(order_created(), lines));
  CHECK(lines.size() == 9);
}

TEST_CASE("what could break a header is percent-encoded as CloudEvents does it") {
  CHECK(percent_encoded("plain-~!") == "plain-~!");
  CHECK(percent_encoded("a b\"c%d") == "a%20b%22c%25d");
  CHECK(percent_encoded("Euro \xe2\x82\xac \xf0\x9f\x98\x80") == "Euro%20%E2%82%AC%20%F0%9F%98%80");
  CHECK(percent_encoded("x\r\nSet-Cookie: y\x7f") == "x%0D%0ASet-Cookie:%20y%7F");
}

TEST_CASE("an idempotency key is a quoted string that no two ids share") {
  CHECK(structured_string("evt-1") == R"("evt-1")");
  CHECK(structured_string(R"(a "b" \ c)") == R"("a \"b\" \\ c")");
  CHECK(structured_string("caf\xc3\xa9") == R"("caf%C3%A9")");
  CHECK(structured_string("caf%C3%A9") == R"("caf%25C3%25A9")");
  CHECK(structured_string("a\r\nb") == R"("a%0D%0Ab")");
}

TEST_CASE("an event's own headers are passed on") {
  Outgoing outgoing = order_created();
  outgoing.headers = R"({"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
                     R"("Authorization":"Bearer a%2Fb c","Content-Type":"application/cloudevents+json"})";
  const auto lines = headers_of(outgoing);
  CHECK(value(lines, "traceparent: ") == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(value(lines, "Authorization: ") == "Bearer a%2Fb c");
  CHECK(value(lines, "Content-Type: ") == "application/cloudevents+json");
}

TEST_CASE("an event's own headers cannot break the request or pass for ours") {
  Outgoing outgoing = order_created();
  outgoing.headers =
      "{\"X-Note\":\"one\\r\\nHost: evil\",\"X Bad\\r\\nName\":\"v\",\"x-dispatch-attempt\":\"9\","
      "\"Content-LENGTH\":\"1\",\"host\":\"evil\",\"Transfer-Encoding\":\"chunked\",\"\":\"v\","
      "\"idempotency-key\":\"k\",\"webhook-id\":\"w\",\"X-Empty\":\"\",\"X-Edge\":\" caf\xc3\xa9 \"}";
  const auto lines = headers_of(outgoing);
  CHECK(value(lines, "X-Note: ") == "one%0D%0AHost: evil");
  CHECK(value(lines, "X%20Bad%0D%0AName: ") == "v");
  CHECK(value(lines, "X-Edge: ") == "%20caf%C3%A9%20");
  CHECK(value(lines, "X-Empty") == ";");
  CHECK(lines.size() == 9 + 4);
}

TEST_CASE("headers that are not an object of strings are refused") {
  HeaderLines lines;
  for (const char* json : {"[]", "{\"a\":1}", "{\"a\":", "text"}) {
    CAPTURE(json);
    Outgoing outgoing = order_created();
    outgoing.headers = json;
    CHECK_FALSE(write_headers(outgoing, lines));
  }
}
