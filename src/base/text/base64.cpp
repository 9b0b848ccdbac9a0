#include "base/text/base64.hpp"

#include <array>
#include <cstdint>

namespace dispatch {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;
constexpr std::array<std::uint8_t, 256> digits = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const auto byte = [&](std::size_t at) {
    return at < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) : 0U;
  };
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::uint32_t group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    out += alphabet[group >> 18 & 63];
    out += alphabet[group >> 12 & 63];
    out += at + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=';
    out += at + 2 < bytes.size() ? alphabet[group & 63] : '=';
  }
}

std::optional<std::size_t> decode_base64(std::string_view text, char* room) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t size = text.size() / 4 * 3;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) {
    text.remove_suffix(1);
    --size;
  }
  std::uint32_t bits = 0;
  unsigned held = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const std::uint8_t digit = digits[static_cast<unsigned char>(c)];
    if (digit == no_digit) return std::nullopt;
    bits = bits << 6 | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      room[at++] = static_cast<char>(bits >> held & 0xFF);
    }
  }
  return size;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes(base64_room(text), '\0');
  const auto size = decode_base64(text, bytes.data());
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

}  // namespace dispatch
