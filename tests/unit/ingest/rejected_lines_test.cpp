#include "unit/ingest/reading.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// A line with an id and whatever follows it.
std::string with(std::string_view rest) {
  return R"({"event_id":"e1",)" + std::string{rest} + "}";
}

}  // namespace

TEST_CASE("a bad line costs no other line and is kept whole with its number") {
  const auto read = read_text("{\"event_id\":\"a\"}\n{\"event_id\":\n{\"event_id\":\"b\"}\n");
  REQUIRE(read.events.size() == 2);
  REQUIRE(read.rejects.size() == 1);
  CHECK(read.rejects[0].origin.number == 2);
  CHECK(read.rejects[0].origin.text == "{\"event_id\":");
  CHECK(read.rejects[0].first);
  CHECK(read.rejects[0].last);
}

TEST_CASE("broken JSON is rejected") {
  for (const std::string line :
       {"{", "}", "{\"event_id\":\"e1\"", "{\"event_id\" \"e1\"}", "{\"event_id\":\"e1\",}",
        "{'event_id':'e1'}", "x", "{\"event_id\":\"e1\"]", "{\"event_id\":\"e1\"}}",
        "{\"event_id\":\"e1\",\"payload\":[1,2}", "{\"event_id\":\"e1\",\"payload\":[1,,2]}"}) {
    CAPTURE(line);
    CHECK(reason(line).starts_with("not JSON: "));
  }
  ingest::ReaderOptions as_lines;
  as_lines.format = ingest::InputFormat::lines;
  CHECK(reason("{\"event_id\":\"e1\"} {\"event_id\":\"e2\"}", as_lines).starts_with("not JSON: "));
}

TEST_CASE("broken JSON deep in the payload is rejected") {
  CHECK(reason(with(R"("payload":{"a":{"b":[01]}})")) == "not JSON: a number is malformed");
  CHECK(reason(with(R"("payload":{"a":{"b":[1.]}})")) == "not JSON: a number is malformed");
  CHECK(reason(with(R"("payload":{"a":{"b":[-]}})")) == "not JSON: a number is malformed");
  CHECK(reason(with(R"("payload":{"a":{"b":[1e999, 1e]}})")) == "not JSON: a number is malformed");
  CHECK(reason(with(R"("payload":{"a":[tru]})")) == "not JSON: a word other than true, false and null");
  CHECK(reason(with(R"("payload":{"a":["\x"]})")) ==
        "not JSON: a string holds an escape that does not exist");
  CHECK(reason(with("\"payload\":{\"a\":[\"\t\"]}")) ==
        "not JSON: a string holds a control character that is not escaped");
  CHECK(reason(with(R"("payload":{"a":["b]})")) == "not JSON: a string is not closed");
}

TEST_CASE("a line that is JSON but no object is rejected") {
  CHECK(reason("[1]") == "an event must be a JSON object; this is an array");
  CHECK(reason("\"e1\"") == "an event must be a JSON object; this is a string");
  CHECK(reason("17") == "an event must be a JSON object; this is a number");
  CHECK(reason("null") == "an event must be a JSON object; this is null");
}

TEST_CASE("fields of a wrong type are rejected") {
  CHECK(reason(R"({"event_id":true})") == "event_id is true or false; it must be a string or an integer");
  CHECK(reason(R"({"event_id":1.5})") == "event_id is 1.5; it must be a string or an integer");
  CHECK(reason(R"({"event_id":{}})") == "event_id is an object; it must be a string or an integer");
  CHECK(reason(with(R"("entity_id":[])")) == "entity_id is an array; it must be a string or an integer");
  CHECK(reason(with(R"("type":1)")) == "type is a number; it must be a string");
  CHECK(reason(with(R"("source":{})")) == "source is an object; it must be a string");
  CHECK(reason(with(R"("url":[])")) == "url is an array; it must be a string");
  CHECK(reason(with(R"("time":1700000000)")) == "time is a number; it must be a string");
  CHECK(reason(with(R"("correlation_id":false)")) ==
        "correlation_id is true or false; it must be a string or an integer");
}

TEST_CASE("a field of another program is rejected with the option that leaves it out") {
  const std::string_view means_else = "; if it means something else, leave it out with --field ";
  for (const char* field : {"type", "source", "time", "correlation_id", "causation_id", "headers"}) {
    CAPTURE(field);
    const auto line = with(fmt::format("\"{}\":true", field));
    CHECK(whole_reason(line).ends_with(fmt::format("{}{}=/none", means_else, field)));
    CHECK(whole_reason(line, mapped({fmt::format("{}=/none", field)})) == "");
  }
  CHECK(whole_reason(with(R"("headers":{"Host":"a"})")).ends_with("--field headers=/none"));
  // What was asked for, and what decides about identity and order, is not to be left out.
  CHECK(whole_reason(with(R"("a":true)"), mapped({"time=/a"})) ==
        "time (/a) is true or false; it must be a string");
  CHECK(whole_reason(with(R"("entity_id":true)")) ==
        "entity_id is true or false; it must be a string or an integer");
}

TEST_CASE("a field that stands twice is rejected") {
  CHECK(reason(R"({"event_id":"a","event_id":"a"})") == R"(duplicate field "event_id")");
  CHECK(reason(R"({"event_id":"a","\u0065vent_id":"b"})") == R"(duplicate field "event_id")");
  CHECK(reason(with(R"("x":1,"x":1)")) == R"(duplicate field "x")");
}

TEST_CASE("a field that stands twice among very many is rejected") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "\"field" + std::to_string(i) + "\":0,";
  CHECK(reason(with(many + R"("field17":0)")) == R"(duplicate field "field17")");
  CHECK(reason(with(many + R"("field":0)")).empty());
}

TEST_CASE("invalid UTF-8 is rejected") {
  CHECK(reason(with("\"payload\":\"\xC3\x28\"")) == "the line is not valid UTF-8");
  CHECK(reason("{\"event_id\":\"\xED\xA0\x80\"}") == "the line is not valid UTF-8");
  CHECK(reason("{\"event_id\":\"\xC0\x80\"}") == "the line is not valid UTF-8");
}

TEST_CASE("half a surrogate pair in an id is rejected") {
  CHECK(reason(R"({"event_id":"\ud83d"})") == "event_id holds half a surrogate pair");
  CHECK(reason(R"({"event_id":"\ude00\ud83d"})") == "event_id holds half a surrogate pair");
  CHECK(reason(with(R"("type":"\ud83dx")")) == "type holds half a surrogate pair");
  CHECK(reason(with(R"("headers":{"X-A":"\ud83d"})")) ==
        "headers: a name or value holds half a surrogate pair");
}

TEST_CASE("a NUL byte is rejected wherever it stands") {
  CHECK(reason(std::string("{\"event_id\":\"a\0b\"}", 18)) == "byte 15 is NUL, which JSON cannot hold");
  CHECK(reason(std::string("\0{\"event_id\":\"ab\"}", 18)) == "byte 1 is NUL, which JSON cannot hold");
  CHECK(reason(std::string("{\"event_id\":\"ab\"}\0", 18)) == "byte 18 is NUL, which JSON cannot hold");
}

TEST_CASE("control characters in ids and texts are rejected") {
  CHECK(reason(R"({"event_id":"a\u0000b"})") == "event_id holds the control character U+0000");
  CHECK(reason(with(R"("entity_id":"a\nb")")) == "entity_id holds the control character U+000A");
  CHECK(reason(with(R"("type":"a\u007fb")")) == "type holds the control character U+007F");
  CHECK(reason(with("\"type\":\"a\xC2\x9B"
                    "b\"")) == "type holds the control character U+009B");
}

TEST_CASE("a line over the limit is rejected") {
  ingest::ReaderOptions options;
  options.line_most = 100;
  const auto read = read_text(
      "{\"event_id\":\"a\"}\n{\"event_id\":\"" + std::string(100, 'x') + "\"}\r\n{\"event_id\":\"b\"}\n",
      options);
  REQUIRE(read.events.size() == 2);
  REQUIRE(read.rejects.size() == 1);
  CHECK(read.rejects[0].origin.number == 2);
  CHECK(read.rejects[0].reason == "the line is longer than 100 bytes; --max-line sets the limit");
  CHECK(read.rejects[0].origin.text.size() == 115);
  CHECK(read.origins[1].number == 3);
}

TEST_CASE("a line without id is rejected") {
  CHECK(reason("{}") == "event_id and id are missing; --field event_id=/pointer names another place");
  CHECK(reason(R"({"event_id":null})").starts_with("event_id and id are missing"));
}

TEST_CASE("an empty id is rejected") {
  CHECK(reason(R"({"event_id":""})") == "event_id is empty; it must have 1 to 255 bytes");
  CHECK(reason(R"({"event_id":"","id":"a"})") == "event_id is empty; it must have 1 to 255 bytes");
  CHECK(reason(with(R"("entity_id":"")")) == "entity_id is empty; it must have 1 to 255 bytes");
}

TEST_CASE("an id over 255 bytes is rejected") {
  CHECK(reason(R"({"event_id":")" + std::string(256, 'x') + R"("})") ==
        "event_id is 256 bytes long; the most is 255");
  CHECK(reason(with(R"("entity_id":")" + std::string(300, 'x') + '"')) ==
        "entity_id is 300 bytes long; the most is 255");
}

TEST_CASE("a sequence number that is no whole number from 0 is rejected") {
  const auto because = [](std::string number) { return reason(with(R"("sequence_number":)" + number)); };
  CHECK(because("-3") == "sequence_number is -3; it must be a whole number from 0");
  CHECK(because("-0") == "sequence_number is -0; it must be a whole number from 0");
  CHECK(because("1.5") == "sequence_number is 1.5; it must be a whole number from 0");
  CHECK(because("3.0") == "sequence_number is 3.0; it must be a whole number from 0");
  CHECK(because("1e3") == "sequence_number is 1e3; it must be a whole number from 0");
  CHECK(because("\"-3\"") == "sequence_number is \"-3\"; it must be a whole number from 0");
  CHECK(because("\"3a\"") == "sequence_number is \"3a\"; it must be a whole number from 0");
  CHECK(because("\"\"") == "sequence_number is \"\"; it must be a whole number from 0");
  CHECK(because("true") == "sequence_number is true or false; it must be a whole number from 0");
  CHECK(because("9223372036854775807") ==
        "sequence_number is 9223372036854775807; the most is 9223372036854775806");
  CHECK(because("99999999999999999999999") ==
        "sequence_number is 99999999999999999999999; the most is 9223372036854775806");
}

TEST_CASE("an empty url is rejected") {
  CHECK(reason(with(R"("url":"")")) == "url is empty");
}

TEST_CASE("JSON nested too deeply is rejected and not followed") {
  const std::string deep(200'000, '[');
  CHECK(reason(with("\"payload\":" + deep)) != "");
  CHECK(reason(with("\"payload\":" + deep + std::string(deep.size(), ']'))) ==
        "nested deeper than 1024 levels");
}

TEST_CASE("a reason quotes nothing that could steer a terminal") {
  const auto why = reason(R"({"a\u001b[2J":1,"a\u001b[2J":2})");
  CHECK(why == R"(duplicate field "a\u001b[2J")");
}
