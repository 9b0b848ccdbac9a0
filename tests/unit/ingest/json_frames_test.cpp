// JSON documents, spread over lines and one behind the other, taken apart in bounded memory.

#include "ingest/framing/json_frames.hpp"

#include "support/pieces_source.hpp"
#include "unit/ingest/reading.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <malloc.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

struct Seen {
  std::uint64_t line;
  std::uint64_t element;
  std::string text;
  std::string fault = {};
  bool too_long = false;
  bool operator==(const Seen&) const = default;
};

doctest::String toString(const Seen& seen) {
  return fmt::format("{}/{}{}: {} [{}]", seen.line, seen.element, seen.too_long ? "!" : "", seen.text,
                     seen.fault)
      .c_str();
}

struct Cut {
  std::vector<Seen> frames;
  std::string error;
  bool operator==(const Cut&) const = default;
};

doctest::String toString(const Cut& cut) {
  std::string text = "error: " + cut.error;
  for (const auto& frame : cut.frames) text += std::string{"\n"} + toString(frame).c_str();
  return text.c_str();
}

Cut cut(const std::string& text, std::size_t step = 1000, const std::string& records = {},
        std::size_t most = 1000) {
  JsonFrames frames{std::make_unique<PiecesSource>(text, step), most,
                    records.empty() ? std::nullopt : std::optional{JsonPointer::parse(records).value()}};
  std::vector<std::unique_ptr<char[]>> memory;
  Cut cut;
  while (!frames.ended()) {
    const auto frame = frames.next(Frames::Wait::may);
    if (!frame) {
      cut.error = frame.error().message;
      CHECK_FALSE(frames.next(Frames::Wait::may).has_value());
      break;
    }
    if (!*frame) continue;
    const Frame& one = **frame;
    if (one.first)
      cut.frames.push_back(
          {one.line, one.element, std::string{one.text}, std::string{one.fault}, one.too_long});
    else
      cut.frames.back().text += one.text;
    frames.hand_over(memory);
  }
  return cut;
}

void check(const std::string& text, const std::vector<Seen>& expected, const std::string& records = {}) {
  for (const std::size_t step : {1, 2, 3, 7, 1000}) {
    CAPTURE(step);
    CHECK(cut(text, step, records) == Cut{expected, ""});
  }
}

std::string problem(const std::string& text, const std::string& records = {}) {
  const auto whole = cut(text, 1000, records);
  for (const std::size_t step : {1, 2, 7}) CHECK(cut(text, step, records) == whole);
  return whole.error;
}

/// `count` objects of about a kilobyte, with a comma between two, made as they are read.
class Generated final : public Source {
 public:
  Generated(std::string begin, int count, std::string end)
      : text_(std::move(begin)), end_(std::move(end)), left_(count) {}
  Result<std::size_t> read(std::span<char> into) override {
    if (text_.empty() && left_ > 0) {
      text_ = fmt::format(R"({{"event_id":"{}","payload":"{:900}"}}{})", left_, "", left_ > 1 ? ",\n" : end_);
      --left_;
    }
    const auto size = std::min(into.size(), text_.size());
    std::copy_n(text_.begin(), size, into.begin());
    text_.erase(0, size);
    return size;
  }
  bool ready() override { return true; }
  const std::string& name() const override { return name_; }

 private:
  std::string text_, end_, name_ = "generated";
  int left_;
};

}  // namespace

TEST_CASE("the elements of an array are passed on byte for byte with the lines on which they begin") {
  check("[]", {});
  check(" [ \n ] \n", {});
  check(R"([{"a":1},{"b":[1,{"c":"]}"}]} , {}])",
        {{1, 1, R"({"a":1})"}, {1, 2, R"({"b":[1,{"c":"]}"}]})"}, {1, 3, "{}"}});
  check("[\n  {\n    \"a\": 1\n  },\n\n  {\"b\": \"x\\\"\\\\\"}\r\n]\r\n",
        {{2, 1, "{\n    \"a\": 1\n  }"}, {6, 2, R"({"b": "x\"\\"})"}});
  check("[1,\"a,]\",null , [2,[3]]\n,true]",
        {{1, 1, "1"}, {1, 2, "\"a,]\""}, {1, 3, "null"}, {1, 4, "[2,[3]]"}, {2, 5, "true"}});
}

TEST_CASE("documents one behind the other need nothing between them") {
  check("", {});
  check(" \n\n", {});
  check(R"({"a":1}{"b":2})", {{1, 0, R"({"a":1})"}, {1, 0, R"({"b":2})"}});
  check("{\"a\":1}\n\n{\n}\n[{},\n{}]{}",
        {{1, 0, "{\"a\":1}"}, {3, 0, "{\n}"}, {5, 1, "{}"}, {6, 2, "{}"}, {6, 0, "{}"}});
  check("1 2\n\"x\"3", {{1, 0, "1"}, {1, 0, "2"}, {2, 0, "\"x\""}, {2, 0, "3"}});
  check("\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}", {{1, 0, "{}"}, {2, 0, "{}"}});
}

TEST_CASE("what is wrong inside an element is left to whoever reads it") {
  check(R"([{"a":tru},{"a":01},{"a":"\x"},{"a":NaN}])",
        {{1, 1, R"({"a":tru})"}, {1, 2, R"({"a":01})"}, {1, 3, R"({"a":"\x"})"}, {1, 4, R"({"a":NaN})"}});
}

TEST_CASE("where the structure breaks the element under way has a fault and nothing behind it is read") {
  const auto torn = cut("[{\"a\":1},\n{\"b\":{\"c\":2},\n{\"d\":3}]");
  REQUIRE(torn.frames.size() == 2);
  CHECK(torn.frames[1] ==
        Seen{2, 2, "{\"b\":{\"c\":2},\n", "not JSON: '{' stands where a name in quotes is expected"});
  CHECK(torn.error ==
        "pieces, line 3: not JSON: '{' stands where a name in quotes is expected; what follows there was not "
        "read");
  CHECK(problem("[{} {}]").find("'{' stands where ',' or ']' is expected") != std::string::npos);
  CHECK(problem("[{},]").find("']' stands where a value is expected") != std::string::npos);
  CHECK(problem("[,{}]").find("',' stands where a value or ']' is expected") != std::string::npos);
  CHECK(problem("{\"a\":1},{}").find("',' stands where an object or an array is expected") !=
        std::string::npos);
  CHECK(problem("[{\"a\":[1}]").find("'}' stands where ',' or ']' is expected") != std::string::npos);
  CHECK(problem("[{\"a\" 1}]").find("'1' stands where ':' is expected") != std::string::npos);
  CHECK(problem("[{a:1}]").find("'a' stands where a name in quotes or '}' is expected") != std::string::npos);
  CHECK(problem("]").find("']' stands where an object or an array is expected") != std::string::npos);
  CHECK(problem("[{\"a\":\"b\n\"}]").find("line 1: not JSON: a string is not closed on its line") !=
        std::string::npos);
  CHECK(problem("\xEF\xBB{}").find("an incomplete byte-order mark") != std::string::npos);
  CHECK(problem(std::string(70'000, '[')).find("nested deeper than 65536 levels") != std::string::npos);
}

TEST_CASE("a document cut at any byte is an error after its whole elements") {
  const std::string text = "[{\"a\":\"x\\\"y\"},\n {\"b\":[1,2]}]";
  for (std::size_t size = 1; size < text.size(); ++size) {
    CAPTURE(size);
    const auto part = cut(text.substr(0, size), 3);
    CHECK(part.error.find("the input ends before the document is complete") != std::string::npos);
    for (const auto& frame : part.frames)
      CHECK((frame.fault.empty() ? text.find(frame.text) != std::string::npos : true));
  }
}

TEST_CASE("an element that is too long comes in pieces and costs no other") {
  const std::string large = "{\"a\":\"" + std::string(5000, 'x') + "\"}";
  const auto frames = cut("[{},\n" + large + ",{}]", 700, {}, 1000);
  CHECK(frames.error == "");
  REQUIRE(frames.frames.size() == 3);
  CHECK(frames.frames[1].too_long);
  CHECK((frames.frames[1].text == large));
  CHECK(frames.frames[2] == Seen{2, 3, "{}"});
}

TEST_CASE("the array that a pointer leads to is taken from each document") {
  check(R"({"Records":[{"a":1},{"b":2}]})", {{1, 1, R"({"a":1})"}, {1, 2, R"({"b":2})"}}, "/Records");
  check("{\"x\":[{}],\"Records\":[ {}\n,{}],\"y\":{\"Records\":[{\"no\":1}]}}\n{\"Records\":[]}\n",
        {{1, 1, "{}"}, {2, 2, "{}"}}, "/Records");
  check(R"({"a":{"b":[{"x":1}],"Records":[{}]},"b":[{}]})", {{1, 1, R"({"x":1})"}}, "/a/b");
  check(R"({"\u0052ecords":[{}]})", {{1, 1, "{}"}}, "/Records");
  check(R"({"a/b":{"~":[{}]}})", {{1, 1, "{}"}}, "/a~1b/~0");
  check(R"([[{"no":1}],{"r":[{}]}])", {{1, 1, "{}"}}, "/1/r");
  check(R"({"r":[[1],[2]]})", {{1, 1, "[1]"}, {1, 2, "[2]"}}, "/r");
}

TEST_CASE("a document without the array has a fault and costs no other") {
  const std::string fault = "the document has no array at /Records";
  check("{\"x\":1}\n{\"Records\":[{}]}", {{1, 0, "{\"x\":1}", fault}, {2, 1, "{}"}}, "/Records");
  check(R"({"Records":{"a":[{}]}}{"Records":null}17 [{"Records":[{}]}])",
        {{1, 0, R"({"Records":{"a":[{}]}})", fault},
         {1, 0, R"({"Records":null})", fault},
         {1, 0, "17", fault},
         {1, 0, R"([{"Records":[{}]}])", fault}},
        "/Records");
  const auto large =
      cut("{\"x\":\"" + std::string(5000, 'x') + "\"}\n{\"Records\":[{}]}", 700, "/Records", 1000);
  CHECK(large == Cut{{{1, 0, "", fault}, {2, 1, "{}"}}, ""});
}

TEST_CASE("without waiting only complete elements are given") {
  JsonFrames frames{std::make_unique<PiecesSource>("[{\"a\":1},{\"b\"", 1000, PiecesSource::Ready::never),
                    100, std::nullopt};
  CHECK_FALSE(frames.next(Frames::Wait::never)->has_value());
  CHECK((*frames.next(Frames::Wait::may))->text == "{\"a\":1}");
  CHECK_FALSE(frames.next(Frames::Wait::never)->has_value());
  CHECK_FALSE(frames.ended());
}

TEST_CASE("a large array is read in memory that does not follow its size") {
  for (const std::string records : {"", "/r"}) {
    CAPTURE(records);
    auto source = records.empty() ? std::make_unique<Generated>("[", 30'000, "]")
                                  : std::make_unique<Generated>(R"({"x":1,"r":[)", 30'000, "]}");
    JsonFrames frames{std::move(source), 100'000,
                      records.empty() ? std::nullopt : std::optional{JsonPointer::parse(records).value()}};
    std::size_t count = 0, most = 0;
    while (!frames.ended()) {
      const auto frame = frames.next(Frames::Wait::may);
      REQUIRE(frame.has_value());
      std::vector<std::unique_ptr<char[]>> memory;
      frames.hand_over(memory);
      if (*frame) ++count;
      const auto heap = mallinfo2();
      most = std::max(most, heap.uordblks + heap.hblkhd);
    }
    CHECK(count == 30'000);
    CHECK(most < 4 * 1024 * 1024);
  }
}

TEST_CASE("what is left out between elements takes no memory") {
  const std::string gap(10'000'000, ' ');
  const auto blocks = [](const std::string& text, std::optional<JsonPointer> records) {
    JsonFrames frames{std::make_unique<PiecesSource>(text, 60'000), 100, std::move(records)};
    std::size_t elements = 0;
    while (!frames.ended())
      if (frames.next(Frames::Wait::may).value()) ++elements;
    CHECK(elements == 2);
    std::vector<std::unique_ptr<char[]>> memory;
    frames.hand_over(memory);
    return memory.size();
  };
  CHECK(blocks("[{}," + gap + "{}" + gap + "]", std::nullopt) <= 4);
  CHECK(blocks(R"({"other":")" + gap + R"(","Records":[{},{}]})", JsonPointer::parse("/Records").value()) <=
        4);
}
