#pragma once

#include <string>
#include <string_view>

namespace dispatch {

/// `text` in single quotes, as bash, zsh and fish parse it.
std::string shell_quoted(std::string_view text);

/// `text` as one word of a shell command: quoted only if needed, and with $'...' if it has terminal control
/// characters.
std::string shell_word(std::string_view text);

}  // namespace dispatch
