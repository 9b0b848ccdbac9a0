#include "delivery/preparation.hpp"

#include "delivery/body.hpp"
#include "support/own_resources.hpp"

#include <memory>
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
  outgoing.source = "billing";
  outgoing.time = "2026-01-02T03:04:05Z";
  outgoing.payload = R"({"amount" : 99, "big":123456789012345678901234567890})";
  return outgoing;
}

/// The body that the subscription is sent, or why there is none.
std::string body(const Subscription& subscription, Outgoing outgoing = order_created()) {
  outgoing.subscription = std::make_shared<const Subscription>(subscription);
  if (!Preparation::is_needed(outgoing)) return outgoing.payload;
  Preparation preparation;
  const auto prepared = preparation.prepare(outgoing);
  return prepared ? outgoing.payload : prepared.error().why;
}

/// How it ends instead.
OutcomeKind why_not(const Subscription& subscription) {
  Outgoing outgoing = order_created();
  outgoing.subscription = std::make_shared<const Subscription>(subscription);
  return Preparation{}.prepare(outgoing).error().kind;
}

Subscription in_mode(BodyMode mode) {
  Subscription subscription;
  subscription.id = "shop";
  subscription.body = mode;
  return subscription;
}

}  // namespace

TEST_CASE("a payload is sent byte for byte unless something else is asked for") {
  CHECK(body(in_mode(BodyMode::payload)) == order_created().payload);
  CHECK(body(in_mode(BodyMode::binary)) == order_created().payload);
  CHECK_FALSE(Preparation::is_needed(order_created()));
}

TEST_CASE("an envelope holds the payload as it came") {
  CHECK(body(in_mode(BodyMode::envelope)) ==
        R"({"id":"evt-1","type":"order.created","source":"billing","timestamp":"2026-01-02T03:04:05Z",)"
        R"("data":{"amount" : 99, "big":123456789012345678901234567890}})");
  Outgoing bare;
  bare.event_id = "e\"1";
  bare.payload = "null";
  bare.accepted = WallTime{} + std::chrono::milliseconds{1'500};
  CHECK(body(in_mode(BodyMode::envelope), bare) ==
        R"({"id":"e\"1","type":null,"source":null,"timestamp":"1970-01-01T00:00:01.500Z","data":null})");
}

TEST_CASE("a payload that is no JSON stands in a body of JSON as base64") {
  Outgoing outgoing = order_created();
  outgoing.payload = "1,\"id\":\"forged\"";
  CHECK(body(in_mode(BodyMode::envelope), outgoing).ends_with(R"(,"data_base64":"MSwiaWQiOiJmb3JnZWQi"})"));
  CHECK(body(in_mode(BodyMode::structured), outgoing)
            .ends_with(
                R"(,"datacontenttype":"application/octet-stream","data_base64":"MSwiaWQiOiJmb3JnZWQi"})"));
}

TEST_CASE("a structured CloudEvent has its attributes and the payload in one object") {
  CHECK(body(in_mode(BodyMode::structured)) ==
        R"({"specversion":"1.0","id":"evt-1","source":"billing","type":"order.created",)"
        R"("time":"2026-01-02T03:04:05Z","partitionkey":"order-7","sequence":"0000000000000000003",)"
        R"("data":{"amount" : 99, "big":123456789012345678901234567890}})");
}

TEST_CASE("the source of a CloudEvent is a URI reference whatever the event's is") {
  Outgoing bare;
  bare.event_id = "e";
  bare.payload = "{}";
  for (const auto& [source, reference] :
       {std::pair{"https://a.test/b%20c?d#e", "https://a.test/b%20c?d#e"}, std::pair{"/a b", "/a%20b"},
        std::pair{"caf\xc3\xa9 \"1\" 5%", "caf%C3%A9%20%221%22%205%25"}, std::pair{"%2", "%252"}}) {
    bare.source = source;
    CHECK(body(in_mode(BodyMode::structured), bare).find(R"("source":")" + std::string{reference} + '"') !=
          std::string::npos);
  }
}

TEST_CASE("a CloudEvent has a source and a type where the event has none and no time that is none") {
  for (const char* time : {"", "yesterday", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z",
                           "2026-01-02T03:04:05+0100", "2026-01-02T03:04:05Z "}) {
    CAPTURE(time);
    Outgoing bare;
    bare.event_id = "e";
    bare.payload = "{}";
    bare.time = time;
    CHECK(body(in_mode(BodyMode::structured), bare) ==
          R"({"specversion":"1.0","id":"e","source":"dispatch","type":"dispatch.event","data":{}})");
  }
  Outgoing outgoing = order_created();
  outgoing.time = "2026-01-02T03:04:05.678-01:30";
  CHECK(body(in_mode(BodyMode::structured), outgoing).find(R"("time":"2026-01-02T03:04:05.678-01:30")") !=
        std::string::npos);
}

TEST_CASE("a transform makes the data of the body in every mode") {
  Subscription subscription = in_mode(BodyMode::payload);
  subscription.transform = "{who: .entity, n: .sequence, amount: .data.amount, kind: .type}";
  const std::string data = R"({"who":"order-7","n":3,"amount":99,"kind":"order.created"})";
  CHECK(body(subscription) == data);
  subscription.body = BodyMode::envelope;
  CHECK(body(subscription).ends_with(",\"data\":" + data + "}"));
  subscription.body = BodyMode::structured;
  CHECK(body(subscription).ends_with(",\"data\":" + data + "}"));
}

TEST_CASE("a transform that fails or gives nothing is a failure that says so") {
  Subscription subscription = in_mode(BodyMode::payload);
  subscription.transform = ".data.amount.x";
  CHECK(body(subscription) == "the transform of subscription shop failed: Cannot index number with string");
  subscription.transform = "empty";
  CHECK(body(subscription) == "the transform of subscription shop failed: it gave no output");
  subscription.transform = "nonsense(";
  CHECK(body(subscription)
            .starts_with("the transform of subscription shop failed: the jq program does not compile: "));
  subscription.transform = ".";
  Outgoing outgoing = order_created();
  outgoing.payload = "1,\"id\":\"forged\"";
  CHECK(body(subscription, outgoing) == "the transform of subscription shop failed: the payload is not JSON");
}

TEST_CASE("a filter is asked before the request and decides") {
  Subscription subscription = in_mode(BodyMode::payload);
  subscription.filter = ".data.amount.x";
  CHECK(body(subscription) == "the filter of subscription shop failed: Cannot index number with string");
  CHECK(why_not(subscription) == OutcomeKind::refused);
  subscription.filter = ".data.amount < 1000";
  CHECK(body(subscription) == order_created().payload);
  for (const char* filter : {".data.amount > 1000", "null", "empty"}) {
    CAPTURE(filter);
    subscription.filter = filter;
    CHECK(why_not(subscription) == OutcomeKind::not_meant);
    CHECK(body(subscription) == "the filter of subscription shop excludes the event");
  }
}

TEST_CASE("a program for which this machine has no process is asked again later") {
  for (const bool transform : {false, true}) {
    Subscription subscription = in_mode(BodyMode::payload);
    (transform ? subscription.transform : subscription.filter) = ".data";
    Outgoing outgoing = order_created();
    outgoing.subscription = std::make_shared<const Subscription>(subscription);
    Preparation preparation;
    {
      const test::NoDescriptors none;
      const auto prepared = preparation.prepare(outgoing);
      REQUIRE_FALSE(prepared);
      CHECK(prepared.error().kind == OutcomeKind::local_failure);
      CHECK(prepared.error().why.starts_with(transform
                                                 ? "the transform of subscription shop could not be run: "
                                                 : "the filter of subscription shop could not be run: "));
      CHECK(outgoing.payload == order_created().payload);
    }
    CHECK(preparation.prepare(outgoing));
  }
}

TEST_CASE("programs are kept from one event to the next and forgotten when there are too many") {
  Preparation preparation;
  for (int n = 0; n < 300; ++n) {
    Subscription subscription = in_mode(BodyMode::payload);
    subscription.transform = std::to_string(n % 3 == 0 ? 0 : n);
    Outgoing outgoing = order_created();
    outgoing.subscription = std::make_shared<const Subscription>(subscription);
    const auto prepared = preparation.prepare(outgoing);
    REQUIRE_MESSAGE(prepared, prepared.error().why);
    CHECK(outgoing.payload == subscription.transform);
  }
}
