#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text from events, servers, files and arguments can contain terminal control sequences. These functions make
// it safe for terminals and logs.

namespace dispatch {

/// True for a code point that must not reach a terminal unchanged: the control characters of C0 and C1 and
/// DEL (ECMA-48), the controls of bidirectional text (Unicode TR 36 and UAX 9: U+061C, U+200E, U+200F, U+202A
/// to U+202E, U+2066 to U+206F), and the line and paragraph separators U+2028 and U+2029.
bool steers_terminal(char32_t code_point);

/// Returns `text` as one line that is safe to show. Terminal control characters become \n, \r, \t or \uXXXX;
/// bytes that are not UTF-8 become \xHH. A backslash is unchanged, so the result is for people and cannot be
/// decoded; applying it twice changes nothing.
std::string printable(std::string_view text);

/// Like printable(), but keeps line feeds.
std::string printable_lines(std::string_view text);

/// Like printable() for at most the first `most` bytes of `text`, cut between characters, with each backslash
/// doubled, so that the result can be decoded. Ends with "..." if `text` was longer.
std::string escaped(std::string_view text, std::size_t most);

}  // namespace dispatch
