#include "base/text/utf8.hpp"

namespace dispatch {
namespace {

/// The length of the well-formed sequence at the front of `text`, or 0.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const auto follows = [&](std::size_t at, unsigned char low = 0x80, unsigned char high = 0xBF) {
    return at < text.size() && byte(at) >= low && byte(at) <= high;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

Utf8Sequence first_sequence(std::string_view text) {
  const std::size_t length = sequence_length(text);
  if (length == 0) return {};
  const auto lead = static_cast<unsigned char>(text.front());
  if (length == 1) return {1, lead};
  char32_t code_point = lead & (0x7FU >> length);
  for (const char c : text.substr(1, length - 1))
    code_point = code_point << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return {length, code_point};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return out;
}

std::string shortened(std::string text, std::size_t most) {
  constexpr std::string_view more = "...";
  if (text.size() <= most) return text;
  std::size_t end = most - more.size();
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  for (int steps = 0; steps < 3 && end > 0 && continues(end); ++steps) --end;
  text.resize(end);
  return text.append(more);
}

}  // namespace dispatch
