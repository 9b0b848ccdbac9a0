#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch {

/// U+FEFF in UTF-8, which some programs write at the start of a text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// One encoded code point.
struct Utf8Sequence {
  std::size_t length = 0;  ///< in bytes, 1 to 4; 0: not well-formed UTF-8
  char32_t code_point = 0;
};

/// Decodes the first code point of `text`, which must not be empty.
Utf8Sequence first_sequence(std::string_view text);

/// True if `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

/// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD, as JSON needs it.
std::string to_utf8(std::string_view text);

/// `text`, or, if it is longer than `most` bytes, its beginning and "..."; UTF-8 is cut between characters.
/// `most` is at least 3.
std::string shortened(std::string text, std::size_t most);

}  // namespace dispatch
