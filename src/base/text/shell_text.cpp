#include "base/text/shell_text.hpp"

#include "base/text/printable.hpp"

#include <fmt/format.h>

namespace dispatch {
namespace {

/// $'...' as bash, zsh and POSIX.1-2024 read it, all of it printable ASCII.
std::string ansi_c_quoted(std::string_view text) {
  std::string out = "$'";
  for (const char c : text) {
    if (c == '\'' || c == '\\')
      out.append(1, '\\').append(1, c);
    else if (c >= ' ' && c < '\x7F')
      out += c;
    else  // three digits, so that no digit behind belongs to it
      out += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return out + "'";
}

}  // namespace

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view harmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+,=";
  const bool plain = !text.empty() && text.find_first_not_of(harmless) == std::string_view::npos;
  if (plain) return std::string{text};
  return printable(text) == text ? shell_quoted(text) : ansi_c_quoted(text);
}

}  // namespace dispatch
