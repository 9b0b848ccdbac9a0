#include "unit/ingest/reading.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

TEST_CASE("a line with every native field is read whole") {
  const auto read = read_text(
      R"({"event_id":"e1","entity_id":"order-1","sequence_number":7,"payload":{"a":[1, 2]},"type":"order.paid",)"
      R"("source":"/shop","url":"https://example.com/hook","time":"2026-03-01T12:00:00Z","correlation_id":"c1",)"
      R"("causation_id":"e0","headers":{"X-Team":"blue"}})"
      "\n");
  REQUIRE(read.events.size() == 1);
  const auto& event = read.events[0];
  CHECK(event.event_id == "e1");
  CHECK(event.entity_id == "order-1");
  CHECK(event.sequence == SequenceNumber{7});
  CHECK(event.payload == R"({"a":[1, 2]})");
  CHECK(event.type == "order.paid");
  CHECK(event.source == "/shop");
  CHECK(event.own_url == "https://example.com/hook");
  CHECK(event.time == "2026-03-01T12:00:00Z");
  CHECK(event.correlation_id == "c1");
  CHECK(event.causation_id == "e0");
  CHECK(event.headers == R"({"X-Team":"blue"})");
  CHECK(event.routes.empty());
}

TEST_CASE("a line with only an id is its own lane and its own payload") {
  const std::string line = R"(  {"event_id":"e1", "amount": 3}  )";
  const auto read = read_text(line + "\r\n");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "e1");
  CHECK(!read.events[0].entity_id);
  CHECK(!read.events[0].sequence);
  CHECK(read.events[0].payload == line);
}

TEST_CASE("id and data stand for event_id and payload where those are not there") {
  const auto read = read_text(R"({"id":"e1","data":[1],"subject":"not an entity without specversion"})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "e1");
  CHECK(read.events[0].payload == "[1]");
  CHECK(!read.events[0].entity_id);
}

TEST_CASE("native names win over the other names") {
  const auto read = read_text(R"({"id":"other","event_id":"e1","data":1,"payload":2})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "e1");
  CHECK(read.events[0].payload == "2");
}

TEST_CASE("a payload is the bytes as they stand whatever JSON it is") {
  for (const std::string payload :
       {R"("text \u00e9\n")", "null", "true", "-1.50e+3", "[ ]", "{ }", R"("a\\\"}")", R"([{"a":"]}"},[[]]])",
        R"({ "dup" : 1 , "dup" : 2 })", "1234567890123456789012345678901234567890", "1e999",
        R"(["cut \ud83d","\ude00 \\ud800"])", "-0.0"}) {
    CAPTURE(payload);
    const auto read = read_text("{ \"event_id\" : \"e1\" , \"payload\" : " + payload + " , \"z\" : 0 }\n");
    REQUIRE(read.events.size() == 1);
    CHECK(read.events[0].payload == payload);
  }
}

TEST_CASE("a null field counts as absent") {
  const auto read =
      read_text(R"({"event_id":null,"id":"e1","entity_id":null,"sequence_number":null,"headers":null})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "e1");
  CHECK(!read.events[0].entity_id);
  CHECK(!read.events[0].sequence);
  CHECK(read.events[0].headers.empty());
}

TEST_CASE("escapes in ids and names are read as what they mean") {
  const auto read = read_text(R"({"\u0065vent_id":"e\u002d1 \ud83d\ude00","entity_id":"a\/b\"c"})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "e-1 \xF0\x9F\x98\x80");
  CHECK(read.events[0].entity_id == "a/b\"c");
}

TEST_CASE("an integer as an id is its digits") {
  const auto read = read_text(R"({"event_id":12345678901234567890123,"entity_id":-7,"correlation_id":0})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "12345678901234567890123");
  CHECK(read.events[0].entity_id == "-7");
  CHECK(read.events[0].correlation_id == "0");
}

TEST_CASE("sequence numbers reach from 0 to one below the largest integer") {
  const auto read = read_text(R"({"event_id":"a","sequence_number":0})"
                              "\n"
                              R"({"event_id":"b","sequence_number":9223372036854775806})");
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[0].sequence == SequenceNumber{0});
  CHECK(read.events[1].sequence == SequenceNumber{9223372036854775806});
}

TEST_CASE("ids of 255 bytes are accepted") {
  const std::string id(255, 'x');
  const auto read = read_text(R"({"event_id":")" + id + R"("})");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == id);
}

TEST_CASE("CRLF ends a line and does not belong to it") {
  const auto read = read_text("{\"event_id\":\"a\"}\r\n{\"event_id\":\"b\"}\r\n");
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[0].payload == R"({"event_id":"a"})");
  CHECK(read.origins[1].text == R"({"event_id":"b"})");
}

TEST_CASE("a byte-order mark at the start of a file is left out") {
  const auto read = read_text("\xEF\xBB\xBF{\"event_id\":\"a\"}\n");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].payload == R"({"event_id":"a"})");
}

TEST_CASE("blank lines are skipped and counted and keep the line numbers right") {
  const auto read = read_text("\n  \t\n{\"event_id\":\"a\"}\n\r\n{\"event_id\":\"b\"}\n\n");
  REQUIRE(read.events.size() == 2);
  CHECK(read.rejects.empty());
  CHECK(read.origins[0].number == 3);
  CHECK(read.origins[1].number == 5);
  CHECK(read.blank == 4);
}

TEST_CASE("a last line without newline is accepted") {
  const auto read = read_text("{\"event_id\":\"a\"}\n{\"event_id\":\"b\"}");
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[1].event_id == "b");
}

TEST_CASE("a line of exactly the longest length is accepted") {
  const std::string line = R"({"event_id":"a"})";
  ingest::ReaderOptions options;
  options.line_most = line.size();
  CHECK(read_text("\xEF\xBB\xBF" + line + "\r\n" + line, options).events.size() == 2);
}

TEST_CASE("a url is a destination only in a line with an event_id or where it is mapped") {
  const auto url_of = [](std::string_view line, ingest::ReaderOptions options = {}) {
    const auto read = read_text(std::string{line} + "\n", std::move(options));
    REQUIRE(read.events.size() == 1);
    return std::string{read.events[0].own_url};
  };
  CHECK(url_of(R"({"event_id":"e","url":"http://h/"})") == "http://h/");
  CHECK(url_of(R"({"id":"e","url":"http://h/"})") == "");
  CHECK(url_of(R"({"id":"e","url":17})") == "");
  CHECK(url_of(R"({"event_id":null,"id":"e","url":"http://h/"})") == "");
  CHECK(url_of(R"({"specversion":"1.0","id":"e","url":"http://h/"})") == "");
  CHECK(url_of(R"({"guid":"e","url":"http://h/"})", mapped({"event_id=/guid"})) == "");
  CHECK(url_of(R"({"guid":"e","url":"http://h/"})", mapped({"event_id=/guid", "url=/url"})) == "http://h/");
}

TEST_CASE("strings of digits are sequence numbers with leading zeros or without") {
  const auto sequence_of = [](std::string_view number) {
    const auto read =
        read_text(R"({"event_id":"e","entity_id":"x","sequence_number":)" + std::string{number} + "}\n");
    REQUIRE(read.events.size() == 1);
    return read.events[0].sequence.value().value();
  };
  CHECK(sequence_of("\"12\"") == 12);
  CHECK(sequence_of("\"0001\"") == 1);
  CHECK(sequence_of("\"000\"") == 0);
  CHECK(sequence_of("\"0000000000000000000000009223372036854775806\"") == 9223372036854775806);
  CHECK(sequence_of("12") == 12);
}
