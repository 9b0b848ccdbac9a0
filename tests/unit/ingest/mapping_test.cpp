#include "unit/ingest/reading.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

std::string misuse_of(std::vector<std::string> fields) {
  const auto mapping = Mapping::parse(fields);
  REQUIRE_FALSE(mapping.has_value());
  CHECK(mapping.error().failure == Failure::usage);
  return mapping.error().message;
}

}  // namespace

TEST_CASE("fields of any shape are mapped by JSON pointers") {
  const auto options = mapped({"event_id=/delivery/guid", "entity_id=/items/1/~1id~0", "sequence_number=/n/",
                               "payload=/body", "type=/headers/X-Type"});
  const auto read =
      read_text(R"({"delivery":{"guid":"g-1"},"items":[{"/id~":"no"},{"/id~":"yes"}],"n":{"":4},)"
                R"("body": {"x" : [1]} ,"headers":{"X-Type":"t"},"event_id":"not this"})",
                options);
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "g-1");
  CHECK(read.events[0].entity_id == "yes");
  CHECK(read.events[0].sequence == SequenceNumber{4});
  CHECK(read.events[0].payload == R"({"x" : [1]})");
  CHECK(read.events[0].type == "t");
}

TEST_CASE("the empty pointer makes the line the payload") {
  const std::string line = R"({"id":"1","payload":5})";
  const auto read = read_text(line + "\n", mapped({"payload="}));
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].payload == line);
}

TEST_CASE("a mapped field that is not there is absent") {
  const auto read =
      read_text(R"({"id":"1","entity_id":"not this","time":17})", mapped({"entity_id=/a/b", "time=/none"}));
  REQUIRE(read.events.size() == 1);
  CHECK(!read.events[0].entity_id);
  CHECK(read.events[0].time.empty());
}

TEST_CASE("a mapped event id that is not there rejects the line") {
  CHECK(reason(R"({"event_id":"e1","delivery":{"guid":null}})", mapped({"event_id=/delivery/guid"})) ==
        "event_id: there is nothing at /delivery/guid");
  CHECK(reason(R"({"event_id":"e1","delivery":"text"})", mapped({"event_id=/delivery/guid"})) ==
        "event_id: there is nothing at /delivery/guid");
}

TEST_CASE("a mapped payload that is not there rejects the line") {
  CHECK(reason(R"({"event_id":"e1"})", mapped({"payload=/body"})) == "payload: there is nothing at /body");
}

TEST_CASE("reasons name the pointer of a mapped field") {
  CHECK(reason(R"({"d":{"guid":""}})", mapped({"event_id=/d/guid"})) ==
        "event_id (/d/guid) is empty; it must have 1 to 255 bytes");
}

TEST_CASE("a field on the way of a pointer that stands twice rejects the line") {
  CHECK(reason(R"({"d":{"guid":"a","guid":"b"}})", mapped({"event_id=/d/guid"})) ==
        R"(event_id (/d/guid): duplicate field "guid")");
}

TEST_CASE("array indexes of a pointer are exact") {
  const std::string line = R"({"a":[{"id":"zero"},{"id":"one"}]})";
  CHECK(read_text(line, mapped({"event_id=/a/1/id"})).events.at(0).event_id == "one");
  for (const std::string index : {"2", "01", "-1", "-", "x", "", "99999999999999999999999"}) {
    CAPTURE(index);
    CHECK_FALSE(reason(line, mapped({"event_id=/a/" + index + "/id"})).empty());
  }
}

TEST_CASE("of several places the first that is there counts") {
  const auto options = mapped({"event_id=/id", "entity_id=/after/id,/before/id,/id"});
  const auto entity_of = [&](std::string_view line) {
    const auto read = read_text(std::string{line} + "\n", options);
    REQUIRE(read.events.size() == 1);
    return std::string{read.events[0].entity_id.value_or("none")};
  };
  CHECK(entity_of(R"({"id":"1","after":{"id":"a"},"before":{"id":"b"}})") == "a");
  CHECK(entity_of(R"({"id":"1","after":null,"before":{"id":"b"}})") == "b");
  CHECK(entity_of(R"({"id":"1","after":{"id":null}})") == "1");
  CHECK(reason(R"({"id":"1","after":{"id":true},"before":{"id":"b"}})", options) ==
        "entity_id (/after/id) is true or false; it must be a string or an integer");
}

TEST_CASE("several places joined make one id") {
  const auto options = mapped({"event_id=/source+/id,/id"});
  const auto id_of = [&](std::string_view line) {
    const auto read = read_text(std::string{line} + "\n", options);
    REQUIRE(read.events.size() == 1);
    return std::string{read.events[0].event_id};
  };
  CHECK(id_of(R"({"source":"/shop","id":"17"})") == "/shop#17");
  CHECK(id_of(R"({"source":"3","id":17})") == "3#17");
  CHECK(id_of(R"({"id":"17"})") == "17");
  CHECK(reason(R"({"source":"","id":"17"})", options) ==
        "event_id (/source) is empty; it must have 1 to 255 bytes");
  CHECK(reason(R"({"id":"17"})", mapped({"event_id=/source+/id"})) ==
        "event_id: there is nothing at /source+/id");
  const std::string half(130, 'x');
  CHECK(reason("{\"source\":\"" + half + "\",\"id\":\"" + half + "\"}", mapped({"event_id=/source+/id"})) ==
        "event_id (/source+/id) is 261 bytes long; the most is 255");
}

TEST_CASE("a line without a field that is required is rejected") {
  auto options = mapped({"entity_id=/a/b,/c"});
  REQUIRE(options.mapping.require("entity_id,sequence_number").has_value());
  CHECK(reason(R"({"id":"1","c":"x","sequence_number":1})", options) == "");
  CHECK(reason(R"({"id":"1","sequence_number":1})", options) ==
        "there is no entity_id at /a/b,/c, which --require asks for");
  CHECK(reason(R"({"id":"1","c":"x"})", options) == "there is no sequence_number, which --require asks for");
  ingest::ReaderOptions payload;
  REQUIRE(payload.mapping.require("payload").has_value());
  CHECK(reason(R"({"id":"1","data":2})", payload) == "");
  CHECK(reason(R"({"id":"1"})", payload) == "there is no payload, which --require asks for");
  CHECK(Mapping{}.require("entity_id,guid").error().failure == Failure::usage);
}

TEST_CASE("mapping arguments that cannot be meant are misuse") {
  CHECK(misuse_of({"event_id"}) == "'event_id' is not FIELD=POINTER, as in event_id=/delivery/guid");
  CHECK(misuse_of({"guid=/a"})
            .starts_with("'guid=/a' names no field of an event; there are event_id, entity_id,"));
  CHECK(misuse_of({"event_id=guid"}) ==
        "'event_id=guid': 'guid' is not a JSON pointer; it must begin with '/', as in /delivery/guid");
  CHECK(misuse_of({"event_id=/a~2"}) ==
        "'event_id=/a~2': JSON pointer '/a~2' holds a '~' that is neither ~0 (for ~) nor ~1 (for /)");
  CHECK(misuse_of({"event_id=/a~"}).find("'~'") != std::string::npos);
  CHECK(misuse_of({"event_id=/a", "event_id=/b"}) == "event_id is given twice");
  CHECK(misuse_of({"type=/a+/b"}) == "'type=/a+/b' joins several places; only ids can be joined");
  CHECK(misuse_of({"event_id="}) == "'event_id=' points at the whole line; only the payload can be that");
}
