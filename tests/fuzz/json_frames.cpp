// JSON documents taken apart: the same elements however they arrive; of valid JSON all of them and nothing
// else; of a sequence what stands between its separators, or up to the line feed behind a whole document.

#include "ingest/framing/json_frames.hpp"

#include "base/text/json.hpp"
#include "fuzz/fit_to_show.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "ingest/framing/sequence_frames.hpp"
#include "support/pieces_source.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <simdjson.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

struct Element {
  std::string text;
  std::uint64_t line, element;
  bool too_long;
  std::string fault;
  bool operator==(const Element&) const = default;
};

struct Cut {
  std::vector<Element> elements;
  std::string error;
  bool operator==(const Cut&) const = default;
};

Cut cut(Frames& frames, std::size_t batch, std::size_t most) {
  Cut cut;
  std::vector<std::unique_ptr<char[]>> memory;
  std::vector<Frame> held;
  bool inside = false;
  const auto settle = [&] {
    frames.hand_over(memory);
    for (const auto& frame : held) {
      PROPERTY(frame.first == !inside);
      if (frame.first)
        cut.elements.push_back(
            {std::string{frame.text}, frame.line, frame.element, frame.too_long, std::string{frame.fault}});
      else
        cut.elements.back().text += frame.text;
      PROPERTY(frame.too_long || frame.text.size() <= most);
      PROPERTY(frame.too_long || (frame.first && frame.last));
      inside = !frame.last;
    }
    held.clear();
    memory.clear();
  };
  for (std::size_t count = 1; !frames.ended(); ++count) {
    const auto frame = frames.next(count % 3 == 0 ? Frames::Wait::never : Frames::Wait::may);
    if (!frame) {
      cut.error = frame.error().message;
      PROPERTY(is_fit_to_show(cut.error));
      break;
    }
    if (*frame) held.push_back(**frame);
    if (count % (batch + 1) == 0 || (*frame && !(*frame)->fault.empty())) settle();
  }
  settle();
  PROPERTY(!inside);
  return cut;
}

std::unique_ptr<Source> pieces(std::string_view text, std::size_t step) {
  return std::make_unique<PiecesSource>(std::string{text}, step, PiecesSource::Ready::every_other_time);
}

/// What whoever reads the document plainly finds in it.
void check_valid(std::string_view text, const Cut& found) {
  PROPERTY(found.error.empty());
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return;  // numbers without end
  std::size_t count = 1;
  if (root.is_array()) count = simdjson::dom::array(root).size();
  PROPERTY(found.elements.size() == count);
  for (const auto& element : found.elements) {
    PROPERTY(element.too_long || is_json(element.text));
    PROPERTY(text.find(element.text) != std::string_view::npos);
    PROPERTY((element.element > 0) == root.is_array());
  }
}

std::vector<std::string> texts_of_sequence(std::string_view text) {
  std::vector<std::string> texts;
  while (!text.empty()) {
    while (true) {
      const auto begin = text.find_first_not_of(" \t\r\n\x1E");
      text.remove_prefix(std::min(begin, text.size()));
      if (!text.starts_with("\xEF\xBB\xBF")) break;
      text.remove_prefix(3);
    }
    auto one = text.substr(0, text.find(record_separator));
    if (const auto end = LineEndedText{}.scan(one)) one = one.substr(0, *end);
    text.remove_prefix(one.size());
    one = one.substr(0, one.find_last_not_of(" \t\r\n") + 1);
    if (!one.empty()) texts.emplace_back(one);
  }
  return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t step = 1 + input.byte();
  const std::size_t batch = input.byte();
  const std::size_t most = 1 + std::size_t{16} * input.byte();
  std::optional<JsonPointer> records;
  if (const auto pointer = input.until('\n'); !pointer.empty())
    if (auto parsed = JsonPointer::parse(pointer); parsed && !parsed->tokens.empty()) records = *parsed;
  const auto text = input.rest();

  constexpr std::size_t any = 10'000'000;
  JsonFrames at_once{pieces(text, text.size() + 1), any, records};
  const auto whole = cut(at_once, 0, any);
  JsonFrames slowly{pieces(text, step), any, records};
  PROPERTY(cut(slowly, batch, any) == whole);
  JsonFrames limited{pieces(text, step), most, records};
  const auto pieced = cut(limited, batch, most);
  PROPERTY(pieced.error == whole.error);
  PROPERTY(pieced.elements.size() == whole.elements.size());
  for (std::size_t i = 0; i < whole.elements.size(); ++i)
    if (!(records && !whole.elements[i].fault.empty()))
      PROPERTY(pieced.elements[i].text == whole.elements[i].text);
  if (!records && is_json(text)) check_valid(text, whole);

  SequenceFrames sequence{pieces(text, step), any};
  const auto texts = cut(sequence, batch, any);
  const auto expected = texts_of_sequence(text);
  PROPERTY(texts.elements.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) PROPERTY(texts.elements[i].text == expected[i]);
  SequenceFrames short_sequence{pieces(text, step), most};
  PROPERTY(cut(short_sequence, batch, most).elements.size() == expected.size());
  return 0;
}
