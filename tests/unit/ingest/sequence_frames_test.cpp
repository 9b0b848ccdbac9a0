// JSON text sequences (RFC 7464).

#include "ingest/framing/sequence_frames.hpp"

#include "support/pieces_source.hpp"
#include "unit/ingest/reading.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

struct Seen {
  std::uint64_t line;
  std::string text;
  bool too_long = false;
  bool unseparated = false;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> cut(const std::string& text, std::size_t step, std::size_t most = 100) {
  SequenceFrames frames{std::make_unique<PiecesSource>(text, step), most};
  std::vector<std::unique_ptr<char[]>> memory;
  std::vector<Seen> seen;
  while (!frames.ended()) {
    const auto frame = frames.next(Frames::Wait::may);
    REQUIRE(frame.has_value());
    if (!*frame) continue;
    if ((*frame)->first)
      seen.push_back(
          {(*frame)->line, std::string{(*frame)->text}, (*frame)->too_long, !(*frame)->fault.empty()});
    else
      seen.back().text += (*frame)->text;
    frames.hand_over(memory);
  }
  return seen;
}

void check(const std::string& text, const std::vector<Seen>& expected) {
  for (const std::size_t step : {1, 2, 3, 1000}) {
    CAPTURE(step);
    CHECK(cut(text, step) == expected);
  }
}

}  // namespace

TEST_CASE("the texts of a sequence are what stands behind its record separators") {
  check("", {});
  check("\x1E", {});
  check("\x1E{\"a\":1}\n\x1E{\n\"b\": 2\n}\n", {{1, "{\"a\":1}"}, {2, "{\n\"b\": 2\n}"}});
  check("\x1E\x1E \n\x1E{}\x1E\n\xEF\xBB\xBF{} ", {{2, "{}"}, {3, "{}"}});
}

TEST_CASE("a text that was cut short costs no other") {
  check("\x1E{\"a\":\x1E{\"b\":2}\n", {{1, "{\"a\":"}, {1, "{\"b\":2}"}});
  check("\x1E{\"b\":2}\n\x1E{\"a\"", {{1, "{\"b\":2}"}, {2, "{\"a\""}});
}

TEST_CASE("a text that is too long comes in pieces") {
  const std::string large(5000, 'x');
  for (const std::size_t step : {1, 700, 5007})
    CHECK(cut("\x1E{}\n\x1E" + large + "\x1E{}", step) ==
          std::vector<Seen>{{1, "{}"}, {2, large, true}, {2, "{}"}});
}

TEST_CASE("a text ends with the line feed behind a whole document however it arrives") {
  check("\x1E{\"a\":\n1} \t\r\n{\"b\":2}\n\x1E{}\n",
        {{1, "{\"a\":\n1}"}, {3, "{\"b\":2}", false, true}, {4, "{}"}});
  check(
      "\x1E[1,\n2]\n\n\x1E\"x\"\n\x1E"
      "12\n\x1Etrue\n",
      {{1, "[1,\n2]"}, {4, "\"x\""}, {5, "12"}, {6, "true"}});
  // Two documents on one line are not one, and only a separator ends them.
  check("\x1E{}{}\n{}\n\x1E{}", {{1, "{}{}\n{}"}, {3, "{}"}});
}

TEST_CASE("a text that has its line feed has ended before anything follows it") {
  SequenceFrames frames{std::make_unique<PiecesSource>("\x1E{\"a\":1}\n", 1000), 100};
  const auto frame = frames.next(Frames::Wait::may);
  REQUIRE(frame.value().has_value());
  CHECK((*frame)->terminated);
  CHECK_FALSE(frames.ended());
}

TEST_CASE("space in front of a text and behind it takes no memory in a sequence") {
  const std::string space(10'000'000, '\n');
  SequenceFrames frames{std::make_unique<PiecesSource>("\x1E{}\n" + space + "\x1E{}\n" + space, 60'000), 100};
  std::size_t texts = 0;
  while (!frames.ended())
    if (frames.next(Frames::Wait::may).value()) ++texts;
  CHECK(texts == 2);
  std::vector<std::unique_ptr<char[]>> memory;
  frames.hand_over(memory);
  CHECK(memory.size() <= 4);
}
