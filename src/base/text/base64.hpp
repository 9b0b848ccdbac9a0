#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// Appends `bytes` in base64 (RFC 4648, with padding).
void append_base64(std::string& out, std::string_view bytes);

/// The maximum number of bytes that base64 text of this length encodes.
constexpr std::size_t base64_room(std::string_view text) {
  return text.size() / 4 * 3;
}

/// Decodes `text` into `room`, which has base64_room(text) bytes, and returns the number of bytes; nothing if
/// `text` is not base64. Strict: the standard alphabet, with padding, no line breaks.
std::optional<std::size_t> decode_base64(std::string_view text, char* room);

/// Like the function above, to a string.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace dispatch
