#include "operations/views/event_line.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::operations;

namespace {

journal::EventRecord event(std::string payload) {
  journal::EventRecord event;
  event.event_id = "e \"1\"";
  event.payload = std::move(payload);
  return event;
}

}  // namespace

TEST_CASE("an event is written as a line with its payload as it came") {
  CHECK(event_line(event(R"({"b" : 1e400, "a":"é\ud800" })")).value() ==
        R"({"event_id":"e \"1\"","payload":{"b" : 1e400, "a":"é\ud800" }})");
  CHECK(event_line(event("null")).value() == R"({"event_id":"e \"1\"","payload":null})");
  CHECK(event_line(event("\"text\"")).value() == R"({"event_id":"e \"1\"","payload":"text"})");
}

TEST_CASE("an event is written as a line with all its fields") {
  auto whole = event("{}");
  whole.entity_id = "order-1";
  whole.sequence = SequenceNumber{0};
  whole.type = "placed";
  whole.source = "/shop";
  whole.time = "2026-03-01T12:00:00Z";
  whole.correlation_id = "c";
  whole.causation_id = "d";
  whole.headers = R"({"X-A":"b"})";
  whole.own_url = "https://shop.test/hook";
  CHECK(event_line(whole).value() ==
        R"({"event_id":"e \"1\"","entity_id":"order-1","sequence_number":0,"type":"placed","source":"/shop",)"
        R"("time":"2026-03-01T12:00:00Z","correlation_id":"c","causation_id":"d","headers":{"X-A":"b"},)"
        R"("url":"https://shop.test/hook","payload":{}})");
}

TEST_CASE("a payload that no line could hold as it is is written in base64") {
  for (const std::string& payload : {std::string{"not json"}, std::string{"{} "}, std::string{" {}"},
                                     std::string{"{\n}"}, std::string{"\x00\xff", 2}, std::string{}}) {
    CAPTURE(payload);
    const auto line = event_line(event(payload));
    REQUIRE(line);
    CHECK(line->find("\"data_base64\"") != std::string::npos);
    CHECK(line->find("\"payload\"") == std::string::npos);
  }
}

TEST_CASE("a payload cannot add fields to its line") {
  const auto line = event_line(event(R"({},"event_id":"other")"));
  REQUIRE(line);
  CHECK(line->find("other") == std::string::npos);
}

TEST_CASE("an event that no line can stand for is an error") {
  CHECK_FALSE(event_line(journal::EventRecord{}));
}
