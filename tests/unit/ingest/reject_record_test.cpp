// Records of a rejects file, given as input.

#include "ingest/rejects/rejects_file.hpp"
#include "unit/ingest/reading.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

/// The rejects file that a run makes of these lines, which are all rejected.
std::string rejects_of(const TempDir& dir, const std::string& name, const std::vector<std::string>& lines) {
  const auto name_of_input = std::make_shared<const InputName>(InputName{"first.jsonl", {}});
  RejectsFile file{dir / name};
  std::uint64_t number = 6;
  for (const auto& line : lines) REQUIRE(keeps(file, {{name_of_input, ++number, line}, "why"}));
  REQUIRE(file.finish().has_value());
  return dir / name;
}

}  // namespace

TEST_CASE("a record of a rejects file stands for its line with the file and number it had") {
  const TempDir dir;
  const std::string event = "{\"event_id\":\"a\\u00e9\", \"payload\":\t\"\xE2\x82\xAC\"}";
  const auto path = rejects_of(dir, "bad.jsonl", {event, "rubbish", "\xFF\xFE", std::string(5, '\0')});
  const auto read = read_files({path});
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "a\u00e9");
  CHECK(read.events[0].payload == "\"\xE2\x82\xAC\"");
  CHECK(read.origins[0].text == event);
  CHECK(read.origins[0].name() == "first.jsonl");
  CHECK(read.origins[0].number == 7);
  REQUIRE(read.rejects.size() == 3);
  const std::vector<std::string> texts{"rubbish", "\xFF\xFE", std::string(5, '\0')};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(read.rejects[i].origin.text == texts[i]);
    CHECK(read.rejects[i].origin.name() == "first.jsonl");
    CHECK(read.rejects[i].origin.number == 8 + i);
  }
}

TEST_CASE("a record that was rejected again and again stands for the innermost line") {
  const TempDir dir;
  auto path = rejects_of(dir, "bad.jsonl", {"rubbish"});
  for (int again = 0; again < 5; ++again) {
    std::string record = read_file(path);
    record.pop_back();
    path = rejects_of(dir, "bad" + std::to_string(again), {record});
  }
  const auto read = read_files({path});
  REQUIRE(read.rejects.size() == 1);
  CHECK(read.rejects[0].origin.text == "rubbish");
  CHECK(read.rejects[0].origin.name() == "first.jsonl");
  CHECK(read.rejects[0].origin.number == 7);
}

TEST_CASE("a record whose line came in pieces and then was not UTF-8 is put together") {
  const TempDir dir;
  const auto name = std::make_shared<const InputName>(InputName{"-", {}});
  {
    RejectsFile file{dir / "bad"};
    REQUIRE(keeps(file, {{name, 3, "abc"}, "too long", true, false}));
    REQUIRE(keeps(file, {{name, 3, "d\xFF"}, "too long", false, true}));
    REQUIRE(file.finish().has_value());
  }
  const auto read = read_files({dir / "bad"});
  REQUIRE(read.rejects.size() == 1);
  CHECK(read.rejects[0].origin.text == "abcd\xFF");
  CHECK(read.rejects[0].origin.name() == "-");
}

TEST_CASE("a record is known however it is spaced and mended") {
  const auto read = read_text(
      " { \"file\" : \"f\", \"line\":2, \"text\":\"{\\\"event_id\\\":\\\"x\\\"}\", \"reason\":\"\" }\n");
  REQUIRE(read.events.size() == 1);
  CHECK(read.events[0].event_id == "x");
  CHECK(read.origins[0].number == 2);
}

TEST_CASE("what is not quite a record is read as the event that it is") {
  for (const char* line : {
           R"({"file":"f","line":1,"reason":"r","text":"{}","event_id":"e"})",
           R"({"file":"f","line":1,"reason":"r","event_id":"e"})",
           R"({"file":"f","line":1,"text":"{}","event_id":"e"})",
           R"({"file":"f","line":"1","reason":"r","text":"{}"})",
           R"({"file":"f","line":-1,"reason":"r","text":"{}"})",
           R"({"file":7,"line":1,"reason":"r","text":"{}"})",
           R"({"file":"f","line":1,"reason":"r","text":{}})",
           R"({"file":"f","line":1,"reason":"r","text":"{}","text_base64":"e30="})",
           R"({"file":"f","line":1,"reason":"r","text_base64":"e30"})",
           R"({"file":"f","line":1,"reason":"r","text_base64":"e30=","rest_base64":"e30="})",
           R"({"file":"f","line":1,"reason":"r","text":"\ud800"})",
           R"({"file":"f","file":"f","line":1,"reason":"r","text":"{}"})",
       }) {
    CAPTURE(line);
    const auto read = read_text(std::string{line} + "\n");
    REQUIRE(read.origins.size() + read.rejects.size() == 1);
    const auto& kept = read.origins.empty() ? read.rejects[0].origin : read.origins[0];
    CHECK(kept.text == line);
  }
}
