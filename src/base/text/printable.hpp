#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text from events, servers, files and arguments can hold what a terminal obeys. It passes through here
// before a terminal or a log sees it.

namespace dispatch {

/// Returns true for a code point that must not reach a terminal as it is: the control characters of C0 and
/// C1 and DEL (ECMA-48), the controls of bidirectional text (Unicode TR 36 and UAX 9: U+061C, U+200E, U+200F,
/// U+202A to U+202E, U+2066 to U+206F), and the line and paragraph separators U+2028 and U+2029.
bool steers_terminal(char32_t code_point);

/// Returns `text` as one line that is safe to show. Code points that steer a terminal become \n, \r, \t or
/// \uXXXX; bytes that are not UTF-8 become \xHH. A backslash stays as it is, so the result is for people and
/// not to be read back; applying it twice changes nothing.
std::string printable(std::string_view text);

/// The same for text of several lines: line feeds stay.
std::string printable_lines(std::string_view text);

/// The same as printable() for the first bytes of `text`, at most `most` and whole characters, with each
/// backslash doubled, so that the result can be read back. Ends with "..." where `text` was longer.
std::string escaped(std::string_view text, std::size_t most);

}  // namespace dispatch
