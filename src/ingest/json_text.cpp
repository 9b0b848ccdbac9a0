#include "ingest/json_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace dispatch::ingest {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
constexpr bool in_number(char c) {
  return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// What matters while a container is skipped: quotes and brackets, few among many bytes.
enum class Mark : unsigned char { none, quote, open, close };
constexpr std::array<Mark, 256> marks = [] {
  std::array<Mark, 256> table{};
  table['"'] = Mark::quote;
  table['{'] = table['['] = Mark::open;
  table['}'] = table[']'] = Mark::close;
  return table;
}();

const char* skip_container(const char* at) {
  std::size_t depth = 0;
  while (true) {
    switch (marks[static_cast<unsigned char>(*at)]) {
      case Mark::none:
        ++at;
        break;
      case Mark::quote:
        at = skip_string(at);
        break;
      case Mark::open:
        ++depth;
        ++at;
        break;
      case Mark::close:
        ++at;
        if (--depth == 0) return at;
        break;
    }
  }
}

/// The longest number at the front of `text`, as a length.
std::size_t number_length(std::string_view text) {
  std::size_t at = 0;
  const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
  const auto digits = [&] {
    const std::size_t from = at;
    while (is_digit(peek())) ++at;
    return at > from;
  };
  if (peek() == '-') ++at;
  if (peek() == '0')
    ++at;
  else if (!digits())
    return 0;
  if (peek() == '.') {
    ++at;
    if (!digits()) return 0;
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at;
    if (peek() == '+' || peek() == '-') ++at;
    if (!digits()) return 0;
  }
  return at;
}

}  // namespace

const char* skip_space(const char* at) {
  while (is_space(*at)) ++at;
  return at;
}

const char* skip_string(const char* at) {
  ++at;
  while (*at != '"') at += *at == '\\' ? 2 : 1;
  return at + 1;
}

const char* skip_value(const char* at) {
  switch (*at) {
    case '"':
      return skip_string(at);
    case '{':
    case '[':
      return skip_container(at);
    default:
      while (*at != ',' && *at != '}' && *at != ']' && !is_space(*at)) ++at;
      return at;
  }
}

bool is_integer(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return false;
  return std::all_of(token.begin(), token.end(), is_digit);
}

void blank_numbers(std::span<char> json) {
  bool in_string = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\')
        ++at;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (is_digit(c) || c == '-') {
      std::size_t end = at;
      while (end < json.size() && in_number(json[end])) ++end;
      const std::span<char> token = json.subspan(at, end - at);
      if (number_length({token.data(), token.size()}) == token.size()) {
        std::fill(token.begin(), token.end(), ' ');
        token.front() = '0';
      }
      at = end - 1;
    }
  }
}

}  // namespace dispatch::ingest
