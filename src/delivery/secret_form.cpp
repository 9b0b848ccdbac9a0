#include "delivery/secret_form.hpp"

#include "base/text/base64.hpp"
#include "base/text/utf8.hpp"
#include "delivery/signature.hpp"

#include <algorithm>
#include <cstddef>

namespace dispatch::delivery {
namespace {

constexpr std::string_view white_space = " \t\r\n\v\f";
constexpr std::string_view encoded_prefix = "whsec_";

std::string_view stripped(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}

bool contains_prefix(std::string_view text) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::search(text.begin(), text.end(), encoded_prefix.begin(), encoded_prefix.end(), same) !=
         text.end();
}

/// True where it has small and capital letters, a digit or a sign of base64, and stands for enough bytes.
bool looks_like_base64(std::string_view text) {
  std::string padded{text};
  while (padded.size() % 4 != 0) padded += '=';
  const auto bytes = decode_base64(padded);
  if (!bytes || bytes->size() < secret_strong) return false;
  const auto any = [&](auto is) { return std::any_of(text.begin(), text.end(), is); };
  return any([](char c) { return c >= 'a' && c <= 'z'; }) &&
         any([](char c) { return c >= 'A' && c <= 'Z'; }) &&
         any([](char c) { return (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '='; });
}

}  // namespace

Result<std::string> tidy_secret(std::string given) {
  const std::string_view text = stripped(given);
  if (text.size() < secret_least || text.size() > secret_most)
    return misuse(
        "is {} bytes long; it must have {} to {}",
        text.size() > secret_most ? fmt::format("more than {}", secret_most) : std::to_string(text.size()),
        secret_least, secret_most);
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }))
    return misuse("holds a control character; it must be one line of text");
  if (is_quote(text.front()) || is_quote(text.back()))
    return misuse("begins or ends with a quotation mark, which would be part of the key; leave it out");
  if (!text.starts_with(encoded_prefix)) {
    if (contains_prefix(text))
      return misuse("holds {} and does not begin with it; give what begins with {} alone", encoded_prefix,
                    encoded_prefix);
    return std::string{text};
  }
  const auto key = signing_key(text);
  if (!key) return misuse("cannot be used: {}", key.error().message);
  if (key->size() < secret_strong)
    return misuse("has a key of {} bytes behind {}; Standard Webhooks needs {} or more", key->size(),
                  encoded_prefix, secret_strong);
  return std::string{text};
}

std::optional<std::string> weakness(std::string_view secret) {
  if (secret.starts_with(encoded_prefix)) return std::nullopt;
  if (secret.size() < secret_strong)
    return fmt::format("has {} bytes, which can be guessed; {} or more are better", secret.size(),
                       secret_strong);
  if (looks_like_base64(secret))
    return fmt::format(
        "looks like base64 and is used without decoding; if the receiver decodes it, write {} before it",
        encoded_prefix);
  return std::nullopt;
}

}  // namespace dispatch::delivery
