#include "unit/ingest/reading.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

TEST_CASE("a CloudEvent is recognised by its specversion") {
  const auto read = read_text(
      R"({"specversion":"1.0","id":"ce-1","source":"/orders","type":"com.example.paid","subject":"order-1",)"
      R"("time":"2026-03-01T12:00:00Z","datacontenttype":"application/json","data":{"n":1},"sequence":"12"})");
  REQUIRE(read.events.size() == 1);
  const auto& event = read.events[0];
  CHECK(event.event_id == "ce-1");
  CHECK(event.entity_id == "order-1");
  CHECK(event.sequence == SequenceNumber{12});
  CHECK(event.source == "/orders");
  CHECK(event.type == "com.example.paid");
  CHECK(event.time == "2026-03-01T12:00:00Z");
  CHECK(event.payload == R"({"n":1})");
}

TEST_CASE("a CloudEvent is recognised by what its specversion means however it is spelled") {
  const auto read = read_text(R"({"specversion":"1\u002e0","id":"1","subject":"s"})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].entity_id == "s");
}

TEST_CASE("the partition key of a CloudEvent goes before its subject") {
  const auto read =
      read_text(R"({"specversion":"1.0","id":"1","subject":"s","partitionkey":"p","sequence":3})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].entity_id == "p");
  CHECK(read.events[0].sequence == SequenceNumber{3});
}

TEST_CASE("the traceparent of a CloudEvent is an attribute unless its headers have one") {
  constexpr std::string_view attribute = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  constexpr std::string_view header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto parent_of = [](const std::string& rest) {
    const auto read = read_text("{\"id\":\"1\"," + rest + "}");
    REQUIRE(read.events.size() == 1);
    return read.events[0].parent;
  };
  const auto one = "\"traceparent\":\"" + std::string{attribute} + "\"";
  CHECK(parent_of(R"("specversion":"1.0",)" + one) == tracing::parse_traceparent(attribute));
  CHECK(parent_of(R"("specversion":"1.0","headers":{"traceparent":")" + std::string{header} + "\"}," + one) ==
        tracing::parse_traceparent(header));
  CHECK_FALSE(parent_of(R"("specversion":"1.0","traceparent":17)"));
  CHECK_FALSE(parent_of(one));
}

TEST_CASE("base64 data of a CloudEvent is decoded") {
  const auto read = read_text(R"({"specversion":"1.0","id":"1","data_base64":"AAH/aGk="})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].payload == std::string("\x00\x01\xFFhi", 5));
}

TEST_CASE("data_base64 is nothing special in a line that is no CloudEvent") {
  const std::string line = R"({"id":"1","data_base64":"AAEC"})";
  const auto read = read_text(line);
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].payload == line);
}

TEST_CASE("base64 that is none is rejected") {
  for (const std::string text : {"AAE", "A===", "AA=A", "A-_A", "AAEC\\n"}) {
    CAPTURE(text);
    CHECK(reason(R"({"specversion":"1.0","id":"1","data_base64":")" + text + R"("})") ==
          "data_base64 is not base64 (RFC 4648, with padding)");
  }
}

TEST_CASE("a CloudEvent with both kinds of data is rejected") {
  CHECK(reason(R"({"specversion":"1.0","id":"1","data":1,"data_base64":"AAEC"})") ==
        "data and data_base64 are both given; an event can have only one of them");
}

TEST_CASE("the sequence of a CloudEvent must be an integer or a string of one") {
  const std::string begin = R"({"specversion":"1.0","id":"1","sequence":)";
  CHECK(reason(begin + R"("abc"})") == R"(sequence is "abc"; it must be a whole number from 0)");
  CHECK(reason(begin + R"("-1"})") == R"(sequence is "-1"; it must be a whole number from 0)");
  CHECK(reason(begin + R"(1.5})") == R"(sequence is 1.5; it must be a whole number from 0)");
  CHECK(reason(begin + R"("5"})").empty());
  CHECK(reason(begin + R"("00012"})").empty());
}

TEST_CASE("another specversion is no CloudEvent of ours and its line is read plainly") {
  const auto read = read_text(R"({"specversion":"0.3","id":"1","subject":"s","data":5})");
  REQUIRE(read.events.size() == 1);
  CHECK(!read.events[0].entity_id);
  CHECK(read.events[0].payload == "5");
}
