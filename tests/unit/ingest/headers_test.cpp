#include "unit/ingest/reading.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

std::string why(std::string_view headers) {
  return reason(R"({"event_id":"e1","headers":)" + std::string{headers} + "}");
}

}  // namespace

TEST_CASE("an object of strings is accepted as headers") {
  CHECK(
      why(R"({"Authorization":"Bearer x","Content-Type":"text/xml","traceparent":"00-a-b-01","X-\u00e9":"1"})") ==
      R"(headers: "X-é" is not a header name)");
  CHECK(why(R"({"Authorization":"Bearer x","Content-Type":"text/xml","X-Name":"Zoë","Empty":""})").empty());
}

TEST_CASE("headers without members count as absent") {
  const auto read = read_text(R"({"event_id":"e1","headers":{ }})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].headers.empty());
}

TEST_CASE("headers that are no object of strings are rejected") {
  CHECK(why("[]") == "headers is an array; it must be an object of strings");
  CHECK(why(R"("a: b")") == "headers is a string; it must be an object of strings");
  CHECK(why(R"({"X-A":1})") == R"(headers: "X-A" is a number; it must be a string)");
}

TEST_CASE("header names that are none are rejected") {
  CHECK(why(R"({"":"a"})") == R"(headers: "" is not a header name)");
  CHECK(why(R"({"a b":"a"})") == R"(headers: "a b" is not a header name)");
  CHECK(why(R"({"a:":"a"})") == R"(headers: "a:" is not a header name)");
  CHECK(why(R"({"a\r\nb":"a"})") == R"(headers: "a\r\nb" is not a header name)");
  CHECK(why("{\"a\x7F\":\"a\"}") == R"(headers: "a\u007f" is not a header name)");
}

TEST_CASE("headers that dispatch sets itself are rejected") {
  for (const std::string name :
       {"Content-Length", "HOST", "transfer-encoding", "Connection", "Idempotency-Key", "X-Dispatch-Attempt",
        "Webhook-Signature", "Expect", "User-Agent"}) {
    CAPTURE(name);
    CHECK(why("{\"" + name + "\":\"a\"}") ==
          "headers: \"" + name +
              "\" is reserved: dispatch sets it, or a receiver may take it for one that it trusts");
  }
}

TEST_CASE("headers that a receiver may take for those of dispatch are rejected") {
  for (const std::string name :
       {"X_Dispatch_Signature", "x.dispatch-event_id", "Content_Length", "content!length", "Webhook_Id",
        "idempotency_key", "Transfer~Encoding", "Proxy", "PROXY", "Proxy_Authorization", "User*Agent"}) {
    CAPTURE(name);
    CHECK(why("{\"" + name + "\":\"a\"}") ==
          "headers: \"" + name +
              "\" is reserved: dispatch sets it, or a receiver may take it for one that it trusts");
  }
  CHECK(why(R"({"Proxy-Id":"a","X_Dispatched":"a","Content_Type":"a","Hosts":"a"})").empty());
}

TEST_CASE("a header value that would break the request is rejected") {
  CHECK(why(R"({"X-A":"a\r\nHost: evil"})") == R"(headers: "X-A" holds the control character U+000D)");
  CHECK(why(R"({"X-A":"a\u0000"})") == R"(headers: "X-A" holds the control character U+0000)");
}

TEST_CASE("the traceparent of an event is where its trace comes from") {
  constexpr std::string_view parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto parent_of = [](const std::string& headers) {
    const auto read = read_text(R"({"event_id":"e1","headers":)" + headers + "}");
    REQUIRE(read.events.size() == 1);
    return read.events[0].parent;
  };
  for (const std::string name : {"traceparent", "TraceParent", "trace\\u0070arent"}) {
    CAPTURE(name);
    const auto found = parent_of("{\"X-A\":\"1\",\"" + name + "\":\"" + std::string{parent} + "\"}");
    CHECK(found == tracing::parse_traceparent(parent));
  }
  CHECK_FALSE(parent_of(R"({"X-A":"1"})"));
  CHECK_FALSE(parent_of(R"({"traceparent":""})"));
  CHECK_FALSE(parent_of(R"({"traceparent":"00-00000000000000000000000000000000-00f067aa0ba902b7-01"})"));
  CHECK_FALSE(parent_of("{ }"));
}

TEST_CASE("a header that stands twice is rejected whatever its case") {
  CHECK(why(R"({"X-A":"1","x-a":"2"})") == R"(headers: duplicate field "x-a")");
}

TEST_CASE("headers over the limit are rejected") {
  CHECK(why(R"({"X-A":")" + std::string(9000, 'x') + R"("})") ==
        "headers is 9010 bytes long; the most is 8192");
}
