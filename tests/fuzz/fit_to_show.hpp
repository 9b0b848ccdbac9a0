#pragma once

#include "base/text/printable.hpp"

#include <string_view>

namespace dispatch::test {

/// One line of text without anything that a terminal would obey.
inline bool is_fit_to_show(std::string_view text) {
  return !text.empty() && printable(text) == text;
}

}  // namespace dispatch::test
