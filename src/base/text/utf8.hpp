#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch {

/// U+FEFF in UTF-8, as some programs write it in front of a text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// One encoded code point.
struct Utf8Sequence {
  std::size_t length = 0;  ///< in bytes, 1 to 4; 0: the text does not begin with well-formed UTF-8
  char32_t code_point = 0;
};

/// Decodes what `text`, which must not be empty, begins with.
Utf8Sequence first_sequence(std::string_view text);

/// True where `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

/// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD, so that it can stand in
/// JSON.
std::string to_utf8(std::string_view text);

/// `text`, or its first bytes and "..." where it is longer than `most` bytes; cut between characters where it
/// is UTF-8. `most` is at least 3.
std::string shortened(std::string text, std::size_t most);

}  // namespace dispatch
