#include "base/shell_text.hpp"

#include <algorithm>

namespace dispatch {

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
  return plain ? std::string{text} : shell_quoted(text);
}

}  // namespace dispatch
