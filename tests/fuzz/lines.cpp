// Bytes to lines: whatever comes, however it arrives, every byte is in one line, once and in order.

#include "ingest/framing/lines.hpp"

#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "support/pieces_source.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// How the text is cut by whoever reads it a second time, slowly and plainly.
struct Expected {
  std::string text;
  bool terminated;
};

std::vector<Expected> expected_lines(std::string_view text) {
  std::vector<Expected> lines;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const bool terminated = newline != std::string_view::npos;
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(terminated ? newline + 1 : text.size());
    if (terminated && line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    lines.push_back({std::string{line}, terminated});
  }
  return lines;
}

/// Puts the pieces of each line together, and checks what a piece says of itself.
class Joined {
 public:
  explicit Joined(std::size_t line_most) : line_most_(line_most) {}

  void add(const Frame& line) {
    PROPERTY(line.first == !inside_);
    if (line.first) lines_.emplace_back();
    PROPERTY(line.line == lines_.size());
    PROPERTY(line.terminated || line.last);
    PROPERTY(line.too_long || (line.first && line.last));
    PROPERTY(line.too_long || line.text.size() <= line_most_);
    auto& whole = lines_.back();
    whole.text += line.text;
    whole.terminated = line.terminated;
    PROPERTY(!line.last || line.too_long == (whole.text.size() > line_most_));
    inside_ = !line.last;
    bytes_ += line.bytes;
  }

  const std::vector<Expected>& lines() const { return lines_; }
  std::size_t bytes() const { return bytes_; }
  bool inside() const { return inside_; }

 private:
  std::size_t line_most_;
  std::vector<Expected> lines_;
  std::size_t bytes_ = 0;
  bool inside_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t line_most = 1 + input.byte();
  const std::size_t step = 1 + input.byte();
  const std::size_t batch = input.byte();
  // Now and then enough repetitions to cross the ends of blocks.
  const std::uint8_t often = input.byte();
  const std::size_t repeat = often < 0xE0 ? 1 : 64 * (often - 0xDF);
  std::string text;
  for (std::size_t i = 0; i < repeat && text.size() < 200'000; ++i) text += input.rest();

  Lines lines{std::make_unique<PiecesSource>(text, step, PiecesSource::Ready::every_other_time), line_most};
  Joined joined{line_most};
  std::vector<std::unique_ptr<char[]>> memory;
  std::vector<Frame> held;
  for (std::size_t count = 1; !lines.ended(); ++count) {
    const auto line = lines.next(count % 3 == 0 ? Lines::Wait::never : Lines::Wait::may);
    PROPERTY(line.has_value());
    if (*line) held.push_back(**line);
    if (count % (batch + 1) == 0) {
      lines.hand_over(memory);
      for (const auto& one : held) joined.add(one);
      held.clear();
      memory.clear();
    }
  }
  lines.hand_over(memory);
  for (const auto& one : held) joined.add(one);

  const auto expected = expected_lines(text);
  PROPERTY(!joined.inside());
  PROPERTY(joined.bytes() == text.size());
  PROPERTY(joined.lines().size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    PROPERTY(joined.lines()[i].text == expected[i].text);
    PROPERTY(joined.lines()[i].terminated == expected[i].terminated);
  }
  return 0;
}
