#include "delivery/http/headers.hpp"

#include "base/version.hpp"
#include "event/outgoing.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::delivery;

namespace {

constexpr WallTime now{std::chrono::milliseconds{1'700'000'000'999}};

Outgoing order_created() {
  Outgoing outgoing;
  outgoing.event_id = "evt-1";
  outgoing.entity_id = "order-7";
  outgoing.sequence = SequenceNumber{3};
  outgoing.type = "order.created";
  outgoing.attempt = 2;
  return outgoing;
}

HeaderLines headers_of(const Outgoing& outgoing) {
  HeaderLines lines;
  const auto written = write_headers(outgoing, now, lines);
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

Outgoing to(Subscription subscription, Outgoing outgoing = order_created()) {
  outgoing.subscription = std::make_shared<const Subscription>(std::move(subscription));
  return outgoing;
}

}  // namespace

TEST_CASE("a request carries what the contract lists and nothing else") {
  CHECK(all(headers_of(order_created())) == std::vector<std::string>{
                                                "Content-Type: application/json",
                                                "User-Agent: dispatch/" + std::string{version()},
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
  outgoing.entity_id.reset();
  outgoing.sequence.reset();
  outgoing.type.clear();
  const auto lines = headers_of(outgoing);
  CHECK_FALSE(value(lines, "X-Dispatch-Entity-ID"));
  CHECK_FALSE(value(lines, "X-Dispatch-Sequence"));
  CHECK_FALSE(value(lines, "X-Dispatch-Event-Type"));
}

TEST_CASE("header lines start anew for each request") {
  HeaderLines lines;
  REQUIRE(write_headers(order_created(), now, lines));
  REQUIRE(write_headers(order_created(), now, lines));
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

TEST_CASE("the own headers of an event without a trace are passed on") {
  Outgoing outgoing = order_created();
  outgoing.headers = R"({"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
                     R"("Authorization":"Bearer a%2Fb c","Content-Type":"application/cloudevents+json"})";
  const auto lines = headers_of(outgoing);
  CHECK(value(lines, "traceparent: ") == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(value(lines, "Authorization: ") == "Bearer a%2Fb c");
  CHECK(value(lines, "Content-Type: ") == "application/cloudevents+json");
}

namespace {

constexpr const char* parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* request = "00-4bf92f3577b34da6a3ce929d0e0e4736-1122334455667788-01";

Outgoing traced(std::string headers) {
  Outgoing outgoing = order_created();
  outgoing.headers = std::move(headers);
  outgoing.trace = tracing::parse_traceparent(request).value();
  return outgoing;
}

}  // namespace

TEST_CASE("a traced event is sent with the span of the request in place of its own") {
  CHECK(value(headers_of(traced("")), "traceparent: ") == request);
  const auto lines =
      headers_of(traced(fmt::format(R"({{"TraceParent":"{}","tracestate":"a=b,c=d"}})", parent)));
  CHECK_FALSE(value(lines, "TraceParent: "));
  CHECK(value(lines, "traceparent: ") == request);
  CHECK(value(lines, "tracestate: ") == "a=b,c=d");
}

TEST_CASE("a tracestate is not sent with a trace that it does not belong to") {
  for (const char* own : {R"({"Tracestate":"a=b"})", R"({"traceparent":"00-not-one-00","tracestate":"a=b"})",
                          R"({"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",)"
                          R"("tracestate":"a=b"})"}) {
    CAPTURE(own);
    const auto lines = headers_of(traced(own));
    CHECK(value(lines, "traceparent: ") == request);
    CHECK(lines.size() == 9 + 1);
  }
}

TEST_CASE("a subscription's tracing headers give way to those of a traced event") {
  Subscription subscription;
  subscription.headers = R"({"Traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",)"
                         R"("tracestate":"theirs=1","X-Team":"a"})";
  const auto own = fmt::format(R"({{"traceparent":"{}","tracestate":"a=b"}})", parent);
  auto lines = headers_of(to(subscription, traced(own)));
  CHECK(lines.size() == 9 + 3);
  CHECK(value(lines, "traceparent: ") == request);
  CHECK(value(lines, "tracestate: ") == "a=b");
  CHECK(value(lines, "X-Team: ") == "a");
  // Without a trace they are headers as any other.
  lines = headers_of(to(subscription));
  CHECK(value(lines, "Traceparent: ") == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  CHECK(value(lines, "tracestate: ") == "theirs=1");
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
    CHECK_FALSE(write_headers(outgoing, now, lines));
  }
}

TEST_CASE("a replay says which generation it is") {
  Outgoing outgoing = order_created();
  CHECK_FALSE(value(headers_of(outgoing), "X-Dispatch-Generation"));
  outgoing.generation = 2;
  CHECK(value(headers_of(outgoing), "X-Dispatch-Generation: ") == "2");
}

TEST_CASE("a request to a subscription with secrets is signed at the time it starts") {
  Subscription subscription;
  subscription.secrets = {{"the new one", {}}, {"test-secret", now + std::chrono::hours{1}}};
  Outgoing outgoing = to(subscription);
  outgoing.event_id = "evt_123";
  outgoing.payload = R"({"id":"evt_123","type":"order.created","source":"billing","data":{"amount":99}})";
  const auto lines = headers_of(outgoing);
  CHECK(value(lines, "X-Dispatch-Timestamp: ") == "1700000000");
  CHECK(value(lines, "X-Dispatch-Signature: ")
            ->ends_with(",v1=11e32a31840c9130f47da0546afd791d0ce053f7dc552a0b3a4fb118bcce6096"));
  CHECK(value(lines, "webhook-id: ") == "evt_123");
  CHECK(value(lines, "webhook-timestamp: ") == "1700000000");
  CHECK(value(lines, "webhook-signature: ")->find(" v1,") == 47);

  HeaderLines later;
  REQUIRE(write_headers(outgoing, now + std::chrono::hours{1}, later));
  CHECK(value(later, "X-Dispatch-Timestamp: ") == "1700003600");
  CHECK(value(later, "X-Dispatch-Signature: ")->size() == 3 + 64);  // the old secret has expired
  CHECK(value(later, "webhook-timestamp: ") == "1700003600");
}

TEST_CASE("without a secret that holds nothing is signed") {
  Subscription subscription;
  CHECK(headers_of(to(subscription)).size() == 9);
  subscription.secrets = {{"test-secret", now}};
  CHECK(headers_of(to(subscription)).size() == 9);
}

TEST_CASE("a secret that stands for no key is not sent without a signature") {
  Subscription subscription;
  subscription.secrets = {{"whsec_not base64", {}}};
  HeaderLines lines;
  const auto written = write_headers(to(subscription), now, lines);
  REQUIRE_FALSE(written);
  CHECK(written.error().message.find("not base64") == std::string::npos);
}

TEST_CASE("the headers of a subscription go before the event's and not before ours") {
  Subscription subscription;
  subscription.headers =
      R"({"authorization":"ours","X-Team":"a\r\nb","X-Dispatch-Attempt":"9","webhook-id":"w"})";
  Outgoing outgoing = order_created();
  outgoing.headers = R"({"Authorization":"the event's","X-Own":"1"})";
  const auto lines = headers_of(to(subscription, outgoing));
  CHECK_FALSE(value(lines, "Authorization: "));
  CHECK(value(lines, "authorization: ") == "ours");
  CHECK(value(lines, "X-Team: ") == "a%0D%0Ab");
  CHECK(value(lines, "X-Own: ") == "1");
  CHECK(lines.size() == 9 + 3);
  subscription.headers = R"({"X-Team":1})";
  HeaderLines refused;
  CHECK(write_headers(to(subscription), now, refused).error().message ==
        "the subscription's header X-Team is not a string");
}

TEST_CASE("Content-Type says what the body is whatever the event was") {
  Outgoing outgoing = order_created();
  outgoing.headers = R"({"Content-Type":"text/csv"})";
  const auto type = [&](const Subscription& subscription) {
    return value(headers_of(to(subscription, outgoing)), "Content-Type: ").value();
  };
  Subscription subscription;
  CHECK(type(subscription) == "text/csv");
  subscription.body = BodyMode::binary;
  CHECK(type(subscription) == "text/csv");
  subscription.transform = ".data";
  CHECK(type(subscription) == "application/json");
  subscription.headers = R"({"content-TYPE":"application/vnd.x+json"})";
  CHECK(value(headers_of(to(subscription, outgoing)), "content-TYPE: ") == "application/vnd.x+json");
  subscription.body = BodyMode::structured;
  CHECK(type(subscription) == "application/cloudevents+json");
  subscription.headers.clear();
  subscription.transform.clear();
  subscription.body = BodyMode::envelope;
  CHECK(type(subscription) == "application/json");
}

TEST_CASE("a CloudEvent in binary mode has its attributes in headers as the HTTP binding encodes them") {
  Subscription subscription;
  subscription.body = BodyMode::binary;
  subscription.headers = R"({"ce-id":"forged"})";
  Outgoing outgoing = order_created();
  outgoing.source = "/shop?a=%20";
  outgoing.type = "Euro \xe2\x82\xac \"%\"";
  outgoing.time = "2026-01-02T03:04:05.678+01:00";
  outgoing.correlation_id = "c\r\nX: y";
  outgoing.headers = R"({"CE-Type":"forged"})";
  const auto lines = headers_of(to(subscription, outgoing));
  CHECK(value(lines, "ce-specversion: ") == "1.0");
  CHECK(value(lines, "ce-id: ") == "evt-1");
  CHECK(value(lines, "ce-source: ") == "/shop?a=%2520");
  CHECK(value(lines, "ce-type: ") == "Euro%20%E2%82%AC%20%22%25%22");
  CHECK(value(lines, "ce-time: ") == "2026-01-02T03:04:05.678+01:00");
  CHECK(value(lines, "ce-partitionkey: ") == "order-7");
  CHECK(value(lines, "ce-sequence: ") == "0000000000000000003");
  CHECK(value(lines, "ce-correlationid: ") == "c%0D%0AX:%20y");
  CHECK(lines.size() == 9 + 8);
}

TEST_CASE("no header of an event or a subscription can be taken for one of ours") {
  for (const std::string name :
       {"X_Dispatch_Signature", "x-dispatch_event-id", "Content_Length", "Transfer.Encoding",
        "Webhook_Signature", "Proxy", "proxy", "Idempotency_Key"}) {
    CAPTURE(name);
    Outgoing outgoing = order_created();
    outgoing.headers = "{\"" + name + "\":\"forged\"}";
    CHECK_FALSE(value(headers_of(outgoing), name));
    Subscription subscription;
    subscription.headers = outgoing.headers;
    CHECK_FALSE(value(headers_of(to(subscription)), name));
  }
}

TEST_CASE("an event's header gives way to that of a subscription which a receiver may take for the same") {
  Outgoing outgoing = order_created();
  outgoing.headers = R"({"X_Api_Key":"the event's","x-api-key2":"stays"})";
  Subscription subscription;
  subscription.headers = R"({"X-Api-Key":"the subscription's"})";
  const auto lines = headers_of(to(subscription, outgoing));
  CHECK(value(lines, "X-Api-Key: ") == "the subscription's");
  CHECK_FALSE(value(lines, "X_Api_Key: "));
  CHECK(value(lines, "x-api-key2: ") == "stays");
}

TEST_CASE("the attributes of a binary CloudEvent are not shadowed") {
  Outgoing outgoing = order_created();
  outgoing.headers = R"({"ce_id":"forged","CE.Type":"forged"})";
  Subscription subscription;
  subscription.body = BodyMode::binary;
  const auto lines = headers_of(to(subscription, outgoing));
  CHECK_FALSE(value(lines, "ce_id: "));
  CHECK_FALSE(value(lines, "CE.Type: "));
}

TEST_CASE("no header of another spelling is taken for Content-Type") {
  for (const auto mode : {BodyMode::payload, BodyMode::binary, BodyMode::structured, BodyMode::envelope}) {
    Subscription subscription;
    subscription.id = "s";
    subscription.body = mode;
    subscription.headers = R"({"content.type":"text/evil"})";
    Outgoing outgoing = order_created();
    outgoing.headers = R"({"Content_Type":"text/evil","X-A":"1"})";
    const auto lines = headers_of(to(subscription, outgoing));
    for (const auto& line : all(lines)) CHECK(line.find("evil") == std::string::npos);
    CHECK(value(lines, "Content-Type: ").has_value());
    CHECK(value(lines, "X-A: ") == "1");
  }
}
