// What a text is, told by its content before anything is taken from it.

#include "ingest/format/format_detector.hpp"
#include "ingest/rejects/rejects_file.hpp"
#include "support/compress.hpp"
#include "unit/ingest/reading.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace dispatch::ingest {

doctest::String toString(FormatDetector::Format format) {
  constexpr std::array names{"undecided", "lines", "json", "sequence", "foreign"};
  return names.at(static_cast<std::size_t>(format));
}

}  // namespace dispatch::ingest

namespace {

using Format = FormatDetector::Format;

constexpr std::size_t line_most = 100'000;

struct Told {
  Format format = Format::undecided;
  std::size_t after = 0;  ///< bytes
  std::string what = {};
};

/// What `text` is told to be where it comes `step` bytes at a time and may stay open.
Told tell(const std::string& text, std::size_t step, bool ends = true, bool documents = false) {
  FormatDetector detector{line_most, documents};
  for (std::size_t size = std::min(step, text.size()); true; size = std::min(size + step, text.size())) {
    const auto format = detector.look(std::string_view{text}.substr(0, size), false);
    if (format != Format::undecided) return {format, size, detector.foreign().what};
    if (size == text.size()) break;
  }
  if (!ends) return {Format::undecided, text.size()};
  return {detector.look(text, true), text.size(), detector.foreign().what};
}

void check(Format expected, const std::string& text) {
  for (const std::size_t step : {1, 2, 5, 64, 1'000'000}) {
    CAPTURE(text.substr(0, 200));
    CAPTURE(step);
    CHECK(tell(text, step).format == expected);
  }
}

const std::string object = R"({"event_id":"a","payload":{"x":[1,2]}})";

}  // namespace

TEST_CASE("a first line that is a whole object means lines at once") {
  check(Format::lines, object + "\n" + object + "\n");
  check(Format::lines, object);
  check(Format::lines, "\n\n  " + object + "  \r\n");
  check(Format::lines, "\xEF\xBB\xBF" + object + "\nbroken\n{\n");
  check(Format::lines, object + "\n[\n" + object + "\n]\n");
  check(Format::lines, "{\"a\":\"" + std::string(90'000, 'x') + "\"}\n");
  CHECK(tell(object + "\n{\n", 1).after == object.size() + 1);
  CHECK(tell(object + "\n", 1, false).format == Format::lines);
}

TEST_CASE("a value that is spread over lines means JSON when it ends") {
  check(Format::json, "{\n  \"event_id\": \"a\",\n  \"payload\": {\"event_id\": \"inner\"}\n}\n");
  check(Format::json, "{\n  \"event_id\": \"a\"\n}\n{\n  \"event_id\": \"b\"\n}\n");
  check(Format::json, "{\"event_id\":\"a\",\n\"payload\":\n" + object + "\n}");
  CHECK(tell("{\n  \"event_id\": \"a\"\n}\n", 1, false).format == Format::json);
  CHECK(tell("{\n  \"a\":\n" + object + "\n", 1, false).format == Format::undecided);
}

TEST_CASE("an array of objects means JSON as soon as a second object or its end has come") {
  check(Format::json, "[" + object + "]");
  check(Format::json, "[\n" + object + ",\n" + object + "\n]\n");
  check(Format::json, "[\n  {\n    \"event_id\": \"a\"\n  },\n  {\n    \"event_id\": \"b\"\n  }\n]");
  check(Format::json, "[]\n");
  check(Format::json, "[" + object + "]\n[" + object + "]\n");
  CHECK(tell("[" + object + ",{", 1, false).format == Format::json);
  CHECK(tell("[" + object + "]\n", 1, false).format == Format::json);
  CHECK(tell("[" + object + ",", 1, false).format == Format::undecided);
  check(Format::json, "[{\"a\":\"" + std::string(300'000, 'x') + "\"}]");
}

TEST_CASE("objects one behind the other on one line mean JSON") {
  check(Format::json, object + object);
  check(Format::json, object + " " + object + "\n");
  check(Format::json, object + "{\n\"event_id\":\"b\"\n}\n");
  check(Format::json, "[\n ]\n\n:");
  CHECK(tell(object + object, 1, false).format == Format::json);
}

TEST_CASE("a record separator means a sequence") {
  check(Format::sequence, "\x1E" + object + "\n\x1E" + object + "\n");
  check(Format::sequence, "\n\x1E{\n}\n");
  CHECK(tell("\x1E", 1, false).format == Format::sequence);
}

TEST_CASE("a broken first line before whole objects is one bad line among lines") {
  const std::string lines = object + "\n" + object + "\n" + object + "\n";
  for (const std::string first :
       {"broken", "{", "[", "{\"event_id\":\"a\",\"payload\":{\"x\":1}", "{\"event_id\":\"a\",\"pay",
        "{\"event_id\":\"a\",\"payload\":", "{\"event_id\":\"a\",", "\"x\":1}}", "# comment", "17", "[1,2]",
        "{\"event_id\":\"a\"}}", "{\"event_id\":\"a\"},", "[{\"event_id\":\"a\"},", "{\"a\":1} x",
        "{\"event_id\":\"a\"}{\"event_id\":\"b"}) {
    CAPTURE(first);
    check(Format::lines, std::string{first} + "\n" + lines);
  }
  CHECK(tell("broken\n" + object + "\n", 1, false).format == Format::lines);
  check(Format::lines, "broken\n" + object + "\n" + object + ",\n" + object + ",\n" + object + ",\n");
  CHECK(tell("{\"event_id\":\"a\",\"pay\n" + object + "\n", 1, false).format == Format::lines);
}

TEST_CASE("bad lines alone stay lines where they are few or begin like objects") {
  for (const std::string text :
       {"broken", "broken\n", "{\"event_id\":", "[1,2]", "{a}\n{b}\n{c}\n{d}\n", "null\n17\n", "", "\n\n",
        "["
        "{\"event_id\":\"a\"}"})
    check(Format::lines, std::string{text});
}

TEST_CASE("a document that is broken is refused and its inner objects are no lines") {
  const std::string broken_array = "[\n" + object + ",\n" + object + ",,\n" + object + "\n]\n";
  // Two whole elements are enough to begin with; what is broken behind them is found when it is read.
  check(Format::json, broken_array);
  check(Format::foreign, "[\n  // comment\n  " + object + ",\n  " + object + "\n]\n");
  check(Format::foreign, "    \"x\": 1\n  },\n  " + object + ",\n  " + object + "\n]\n");
  check(Format::foreign, "{\n  \"a\": 'x',\n  \"list\": [\n" + object + "\n  ]\n} }\n");
  CHECK(tell("  \"x\": 1\n  },\n" + object + "\n]\n", 1000).what ==
        "JSON that is broken at line 1 (it begins with neither an object nor an array)");
  check(Format::foreign, object + ",\n" + object + ",\n" + object + "\n");
  check(Format::foreign, object + ",\n" + object + "\n");
  check(Format::json, "[\n" + object + ",\n" + object.substr(0, 20));
  // What is left of documents whose begin is missing.
  const std::string pretty =
      "\"payload\":[\n" + object + ",\n" + object + "\n]\n},\n{\n\"event_id\":\"b\"\n}\n]\n";
  for (std::size_t at = 1; at < pretty.find('\n') - 1; ++at) check(Format::foreign, pretty.substr(at));
  check(Format::foreign, "load\":1},\n" + object + "\n    ]\n  },\n  {\n");
  check(Format::foreign, "load\":\n" + object + "\n}\n");
  check(Format::json, "{\n  \"event_id\": \"a\",\n");
}

TEST_CASE("other formats are told by their first bytes or their looks") {
  using std::string_literals::operator""s;
  const auto what = [](const std::string& text) { return tell(text, 1'000'000).what; };
  CHECK(what("PK\x03\x04" + std::string(100, '\0')) == "a zip archive");
  CHECK(what("events.jsonl" + std::string(245, '\0') + "ustar\00000"s + std::string(247, '\0') + object +
             "\n") == "a tar archive");
  CHECK(what("{\0\"\0e\0"s) == "UTF-16 without a byte-order mark");
  CHECK(what("\0{\0\""s) == "UTF-16 without a byte-order mark");
  CHECK(what("\xFF\xFE\0\0{\0\0\0"s) == "UTF-32");
  CHECK(what("PAR1\x15") == "Parquet");
  CHECK(what("event_id,amount\na,1\nb,2\n") == "CSV");
  CHECK(what("event_id,amount\n\"a,b\",1\n") == "CSV");
  CHECK(what("event_id,payload\na,\"{\"\"x\"\":1}\"\n") == "CSV");
  CHECK(what("event_id\tamount\na\t1\nb\t2\n") == "tab-separated text");
  CHECK(what("event_id;amount\na;1\nb;2\n") == "CSV with semicolons");
  CHECK(what("<?xml version=\"1.0\"?>\n<events>\n<event/>\n</events>\n") == "XML or HTML");
  CHECK(what("<event id=\"a\"/>") == "XML or HTML");
  CHECK(what("---\n- event_id: a\n") == "YAML");
  CHECK(what("event_id: a\namount: 1\ntext: x\n") == "YAML");
  CHECK(what("Nov 1 10:00 a\nNov 1 10:01 b\nNov 1 10:02 c\n") == "text of which no line is a JSON object");
  CHECK(what(std::string(100, 'a') + '\0' + std::string(600, '\x01')) == "binary data");
  CHECK(what("GIF\0\n\0\n\0\n"s) == "binary data");
}

TEST_CASE("YAML is told from JSON that is broken") {
  for (const std::string text :
       {"- event_id: a\n  payload:\n    x: 1\n- event_id: b\n",
        "---\nevent_id: a\npayload:\n  x: 1\n  list:\n    - 1\n---\nevent_id: b\n",
        "# events\n\nevents:\n  - event_id: a\n    payload: {x: 1}\n",
        "%YAML 1.2\n---\n- {event_id: a, n: 1}\n- {event_id: b, n: 1}\n",
        "event_id: a\r\npayload: |\r\n  {\"x\":1}\r\n", "--- # events\n- event_id: a\n  payload:\n",
        "event_id: a\ntags:\n- one,\n- two\n"}) {
    CAPTURE(text);
    CHECK(tell(std::string{text}, 1'000'000).what == "YAML");
    check(Format::foreign, std::string{text});
  }
  CHECK(tell("event_id: a\n" + std::string(70'000, 'x'), 1'000).what == "YAML");
}

TEST_CASE("lines of JSON under a line like YAML stay lines and broken JSON stays broken JSON") {
  const std::string lines = object + "\n" + object + "\n";
  for (const std::string first : {"---", "key: value", "- item", "--- # events", "note:"}) {
    CAPTURE(first);
    check(Format::lines, first + "\n" + lines);
    CHECK(tell(first + "\n" + object.substr(0, 12), 1000).what != "YAML");
    CHECK(tell(first + "\n" + object.substr(0, 12) + "\n" + object.substr(0, 14) + "\n", 1000).what !=
          "YAML");
  }
  for (const std::string text :
       {"{\n  \"a\": 'x',\n  b: 1\n} }\n", "  \"x\": 1\n  },\n}\n]\n",
        "\"event_id\": \"a\",\n\"payload\": 1\n}\n", "event_id: {\n  \"x\": 1\n}\n", "---\n[1,\n2]\n"}) {
    CAPTURE(text);
    CHECK(tell(std::string{text}, 1000).what != "YAML");
  }
}

TEST_CASE("with documents to be taken apart the text is JSON or refused") {
  for (const std::string text :
       {"{\"Records\":[", "{\"Records\":[]}\n{\"Records\":[]}\n", " [", "\xEF\xBB\xBF{"})
    CHECK(tell(std::string{text}, 1, true, true).format == Format::json);
  CHECK(tell("\x1E{}", 1, true, true).format == Format::foreign);
  CHECK(tell("a,b\n1,2\n", 1, true, true).format == Format::foreign);
}

TEST_CASE("arrays and documents that are spread over lines are events and never their fragments") {
  const std::string inner = R"({"event_id":"inner","payload":1})";
  const auto read =
      read_text("[\n  {\n    \"event_id\": \"a\",\n    \"payload\": [\n" + inner + "\n    ]\n  },\n" +
                R"(  {"event_id": "b", "payload": {"n": 1.50}})" + ",\n  {\"event_id\": 1.5},\n  7\n]\n");
  CHECK(!read.error);
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[0].event_id == "a");
  CHECK(read.events[0].payload == "[\n" + inner + "\n    ]");
  CHECK(read.origins[0].number == 2);
  CHECK(read.events[1].event_id == "b");
  CHECK(read.events[1].payload == R"({"n": 1.50})");
  CHECK(read.origins[1].number == 8);
  REQUIRE(read.rejects.size() == 2);
  CHECK(
      describe(read.rejects[0])
          .ends_with("events.jsonl, line 9, element 3: event_id is 1.5; it must be a string or an integer"));
  CHECK(describe(read.rejects[1])
            .ends_with("events.jsonl, line 10, element 4: an event must be a JSON object; this is a number"));
}

TEST_CASE("compression and encoding and format go together") {
  const std::string array = "[\n" + object + ",\n" + R"({"event_id":"b","payload":"\u00e9é"})" + "\n]\n";
  for (const std::string& text :
       {compress(Codec::gzip, utf16_little_endian(array)), compress(Codec::zstd, array),
        compress(Codec::xz, compress(Codec::bzip2, utf16_big_endian(array)))}) {
    const auto read = read_text(text);
    CHECK(!read.error);
    CHECK(read.rejects.empty());
    REQUIRE(read.events.size() == 2);
    CHECK(read.events[1].payload == "\"\\u00e9é\"");
  }
}

TEST_CASE("a file of a format that is not read is misuse before any other is read") {
  const TempDir dir;
  const auto good = dir.write("a.jsonl", object + "\n");
  const auto refused = [&](const std::string& name, const std::string& content) {
    const auto reader = Reader::open({good, dir.write(name, content)}, {}, {});
    REQUIRE_FALSE(reader.has_value());
    CHECK(reader.error().failure == Failure::usage);
    std::string message = reader.error().message;
    const std::string folder = dir / "";
    for (auto at = message.find(folder); at != std::string::npos; at = message.find(folder))
      message.erase(at, folder.size());
    return message;
  };
  CHECK(
      refused("a.csv", "event_id,x\na,1\n") ==
      "a.csv is CSV; nothing of it was read or sent; make JSON lines of it: mlr --icsv --ojsonl cat a.csv | "
      "dispatch run -; --input-format lines reads it line by line anyway");
  CHECK(refused("a.csv.gz", compress(Codec::gzip, "event_id,x\na,1\n")) ==
        "a.csv.gz is CSV; nothing of it was read or sent; make JSON lines of it: gzip -dc a.csv.gz | mlr "
        "--icsv "
        "--ojsonl cat | dispatch run -; --input-format lines reads it line by line anyway");
  CHECK(refused("a b.zip", "PK\x03\x04" + std::string(50, 'x')) ==
        "a b.zip is a zip archive; nothing of it was read or sent; make JSON lines of it: unzip -p '" +
            std::string{} + "a b.zip' | dispatch run -");
  CHECK(
      refused("b.json", "[\n  // x\n  " + object + "\n]\n") ==
      "b.json is JSON that is broken at line 2 ('x' stands where ',' or ']' is expected); nothing of it was "
      "read "
      "or sent; mend it, or make JSON lines of it; --input-format lines reads it line by line anyway");
}

TEST_CASE("the format can be told and is then not looked for") {
  const auto as = [](InputFormat format) {
    ReaderOptions options;
    options.format = format;
    return options;
  };
  const auto lines = read_text("a,b\n1,2\n" + object + "\n3,4\n", as(InputFormat::lines));
  CHECK(!lines.error);
  CHECK(lines.rejects.size() == 3);
  CHECK(lines.events.size() == 1);
  const auto json = read_text(object + "\n" + object + "\n{\n\"event_id\":\"c\"}", as(InputFormat::json));
  CHECK(json.events.size() == 3);
  const auto sequence = read_text(object + "\n\x1E{\n\"event_id\":\"c\"}", as(InputFormat::sequence));
  CHECK(sequence.events.size() == 2);
}

TEST_CASE("the records of documents are events") {
  ReaderOptions options;
  options.records = JsonPointer::parse("/Records").value();
  const auto read = read_text("{\"Records\":[" + object + ",\n{\"event_id\":7}]}\n{\"no\":1}\n", options);
  CHECK(!read.error);
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[1].event_id == "7");
  CHECK(read.origins[1].number == 2);
  REQUIRE(read.rejects.size() == 1);
  CHECK(read.rejects[0].reason == "the document has no array at /Records");
  CHECK(read.rejects[0].origin.number == 3);
  CHECK(read.rejects[0].origin.text == "{\"no\":1}");
}
