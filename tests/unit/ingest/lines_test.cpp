#include "ingest/framing/lines.hpp"

#include "support/pieces_source.hpp"
#include "unit/ingest/reading.hpp"

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

struct Seen {
  std::uint64_t number;
  std::string text;
  bool too_long;
  bool operator==(const Seen&) const = default;
};

doctest::String toString(const Seen& seen) {
  return (std::to_string(seen.number) + (seen.too_long ? "! " : ": ") + seen.text).c_str();
}

/// The lines of `text`, pieces joined; the memory of each is handed over after every `batch` lines, and read
/// late.
std::vector<Seen> cut(const std::string& text, std::size_t step, std::size_t line_most, std::size_t batch) {
  Lines lines{std::make_unique<PiecesSource>(text, step), line_most};
  std::vector<std::unique_ptr<char[]>> memory;
  std::vector<Frame> found;
  while (!lines.ended()) {
    auto line = lines.next(Lines::Wait::may);
    REQUIRE(line.has_value());
    if (*line) found.push_back(**line);
    if (batch > 0 && found.size() % batch == 0) lines.hand_over(memory);
  }
  lines.hand_over(memory);

  std::vector<Seen> seen;
  std::size_t bytes = 0;
  bool inside = false;
  for (const auto& line : found) {
    CHECK(line.first == !inside);
    if (line.first)
      seen.push_back({line.line, std::string{line.text}, line.too_long});
    else
      seen.back().text += line.text;
    CHECK(seen.back().number == line.line);
    inside = !line.last;
    bytes += line.bytes;
  }
  CHECK_FALSE(inside);
  CHECK(bytes == text.size());
  return seen;
}

}  // namespace

TEST_CASE("lines are the same however the bytes arrive") {
  const std::string bom = "\xEF\xBB\xBF";
  const std::string text = bom + "one\r\n\n\r\ntw\ro\n" + bom + "x\n" + std::string(40, 'y') + "\r\n" +
                           std::string(20, 'z') + "\r" + "\n" + "last\r";
  const std::vector<Seen> expected{{1, "one", false},
                                   {2, "", false},
                                   {3, "", false},
                                   {4, "tw\ro", false},
                                   {5, "x", false},
                                   {6, std::string(40, 'y'), true},
                                   {7, std::string(20, 'z'), false},
                                   {8, "last\r", false}};
  for (const std::size_t step : {1, 2, 3, 7, 1000})
    for (const std::size_t batch : {0, 1, 3}) {
      CAPTURE(step);
      CAPTURE(batch);
      CHECK(cut(text, step, 20, batch) == expected);
    }
}

TEST_CASE("a line of the longest length with a byte-order mark and CRLF is not too long however it arrives") {
  for (const std::size_t step : {1, 2, 3, 7, 1000}) {
    CAPTURE(step);
    CHECK(cut("\xEF\xBB\xBF"
              "12345\r\n123456\r\n",
              step, 5, 1) == std::vector<Seen>{{1, "12345", false}, {2, "123456", true}});
  }
}

TEST_CASE("a last line that is too long and has no end is cut like any other") {
  for (const std::size_t step : {1, 7, 1000})
    CHECK(cut("a\nbbbbbbbb", step, 5, 1).at(1) == Seen{2, "bbbbbbbb", true});
}

TEST_CASE("an input of nothing has no lines") {
  CHECK(cut("", 1, 10, 0).empty());
  CHECK(cut("\n", 1, 10, 0) == std::vector<Seen>{{1, "", false}});
}

TEST_CASE("lines that cross the ends of blocks are whole") {
  std::string text;
  std::vector<Seen> expected;
  for (std::uint64_t number = 1; number <= 2000; ++number) {
    expected.push_back({number, std::string(number * 7 % 501, static_cast<char>('a' + number % 26)), false});
    text += expected.back().text + "\n";
  }
  CHECK(cut(text, 4099, 1000, 5) == expected);
}

TEST_CASE("a very long line is never in memory whole") {
  const std::size_t size = 50'000'000;
  Lines lines{std::make_unique<PiecesSource>(std::string(size, 'x') + "\nshort\n", 65536), 100'000};
  std::size_t bytes = 0, largest = 0;
  std::string last;
  while (!lines.ended()) {
    std::vector<std::unique_ptr<char[]>> memory;
    const auto line = lines.next(Lines::Wait::may);
    REQUIRE(line.has_value());
    if (*line) {
      bytes += (*line)->text.size();
      largest = std::max(largest, (*line)->text.size());
      last = (*line)->text.substr(0, 10);
    }
    lines.hand_over(memory);
    CHECK(memory.size() <= 2);
  }
  CHECK(bytes == size + 5);
  CHECK(largest < 400'000);
  CHECK(last == "short");
}

TEST_CASE("without waiting only complete lines are given") {
  Lines lines{std::make_unique<PiecesSource>("one\ntw", 1000, PiecesSource::Ready::never), 100};
  CHECK_FALSE(lines.next(Lines::Wait::never)->has_value());
  CHECK((*lines.next(Lines::Wait::may))->text == "one");
  CHECK_FALSE(lines.next(Lines::Wait::never)->has_value());
  CHECK_FALSE(lines.ended());
  CHECK((*lines.next(Lines::Wait::may))->text == "tw");
  CHECK(lines.ended());
}
