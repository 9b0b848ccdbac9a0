#include "base/text/printable.hpp"

#include "base/text/utf8.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace dispatch {
namespace {

enum class LineFeed { escaped, kept };
enum class Backslash { kept, doubled };

/// Nearly all texts.
bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7F'; });
}

void append_code_point(std::string& out, char32_t code_point) {
  switch (code_point) {
    case U'\n':
      out += "\\n";
      break;
    case U'\r':
      out += "\\r";
      break;
    case U'\t':
      out += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(code_point));
  }
}

std::string made_safe(std::string_view text, LineFeed line_feed, Backslash backslash) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [length, code_point] = first_sequence(text);
    if (length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const auto sequence = text.substr(0, length);
    text.remove_prefix(length);
    if (code_point == U'\\' && backslash == Backslash::doubled)
      out += "\\\\";
    else if (steers_terminal(code_point) && !(code_point == U'\n' && line_feed == LineFeed::kept))
      append_code_point(out, code_point);
    else
      out += sequence;
  }
  return out;
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

}  // namespace

bool steers_terminal(char32_t code_point) {
  const auto within = [code_point](char32_t first, char32_t last) {
    return code_point >= first && code_point <= last;
  };
  return code_point < 0x20 || within(0x7F, 0x9F) || code_point == 0x061C || within(0x200E, 0x200F) ||
         within(0x2028, 0x202E) || within(0x2066, 0x206F);
}

std::string printable(std::string_view text) {
  if (is_plain_ascii(text)) return std::string{text};
  return made_safe(text, LineFeed::escaped, Backslash::kept);
}

std::string printable_lines(std::string_view text) {
  return made_safe(text, LineFeed::kept, Backslash::kept);
}

std::string escaped(std::string_view text, std::size_t most) {
  std::size_t end = std::min(text.size(), most);
  for (int back = 0; back < 3 && end > 0 && end < text.size() && !begins_character(text[end]); ++back) --end;
  auto out = made_safe(text.substr(0, end), LineFeed::escaped, Backslash::doubled);
  if (end < text.size()) out += "...";
  return out;
}

}  // namespace dispatch
