#include "routing/pattern.hpp"

#include "base/text/json.hpp"
#include "base/text/utf8.hpp"

#include <algorithm>

namespace dispatch::routing {
namespace {

/// As long as a type may be; see dispatch-events(5).
constexpr std::size_t pattern_most = 1024;
constexpr std::size_t pattern_shown_most = 80;

std::string shown_pattern(std::string_view text) {
  std::string out;
  append_json_string(out, text.substr(0, pattern_shown_most));
  return text.size() > pattern_shown_most ? out + "..." : out;
}

/// Of C0, DEL and C1: no event type has one.
bool has_control_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;  // it is UTF-8
  }
  return false;
}

}  // namespace

Result<Pattern> Pattern::parse(std::string_view text) {
  if (text.empty()) return misuse("a pattern for event types is empty; write '*' for all of them");
  if (text.size() > pattern_most)
    return misuse("the pattern {} is {} bytes long; the most is {}", shown_pattern(text), text.size(),
                  pattern_most);
  if (!is_utf8(text)) return misuse("the pattern {} is not UTF-8", shown_pattern(text));
  if (has_control_character(text))
    return misuse("the pattern {} holds a control character, which no event type has", shown_pattern(text));
  if (text.front() == ' ' || text.back() == ' ')
    return misuse("the pattern {} begins or ends with a space", shown_pattern(text));

  if (text == "*") return Pattern{Kind::all, {}};
  const auto star = text.find('*');
  if (star == std::string_view::npos) return Pattern{Kind::exact, text};
  if (star + 1 == text.size() && star >= 2 && text[star - 1] == '.')
    return Pattern{Kind::below, text.substr(0, star)};
  return misuse(
      "the pattern {} has a star where none can be; a pattern is a type (order.added), all below a prefix "
      "(order.*), or '*' for all",
      shown_pattern(text));
}

bool Pattern::matches(std::string_view type) const {
  switch (kind_) {
    case Kind::exact:
      return type == stem_;
    case Kind::below:
      return type.size() > stem_.size() && type.starts_with(stem_);
    case Kind::all:
      return true;
  }
  return false;
}

}  // namespace dispatch::routing
