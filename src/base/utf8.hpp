#pragma once

#include <string>
#include <string_view>

namespace dispatch {

/// True where `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

/// `text` with every byte that is not part of well-formed UTF-8 replaced by U+FFFD, so that it can stand in
/// JSON.
std::string to_utf8(std::string_view text);

}  // namespace dispatch
