#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// Appends `bytes` in base64 (RFC 4648, with padding).
void append_base64(std::string& out, std::string_view bytes);

/// How many bytes base64 of that length stands for, at most.
constexpr std::size_t base64_room(std::string_view text) {
  return text.size() / 4 * 3;
}

/// Writes the bytes that `text` stands for to `room`, which holds base64_room(text), and returns how many
/// they are; nothing where it is not base64. Strict: the standard alphabet, with padding, no line breaks.
std::optional<std::size_t> decode_base64(std::string_view text, char* room);

/// The same as a string.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace dispatch
