#pragma once

#include "base/utf8.hpp"

#include <cstddef>
#include <string_view>

namespace dispatch::test {

/// One line of text without anything that a terminal would obey: no control character of C0 or C1, no DEL.
inline bool is_fit_to_show(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7F) return false;
    if (byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) return false;
  }
  return !text.empty() && is_utf8(text);
}

}  // namespace dispatch::test
