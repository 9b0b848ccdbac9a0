#pragma once

#include <string>
#include <string_view>

namespace dispatch {

/// `text` within single quotes, as bash, zsh and fish read it.
std::string shell_quoted(std::string_view text);

/// `text` as one word of a command to be typed: quoted only where it must be, and with $'...' where it holds
/// what must not reach a terminal.
std::string shell_word(std::string_view text);

}  // namespace dispatch
