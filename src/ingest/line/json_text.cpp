#include "ingest/line/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>

namespace dispatch::ingest {
namespace {

/// Of an escape like \u20ac.
constexpr std::size_t unit_length = 6;

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
enum class Bracket : unsigned char { none, quote, open, close };
constexpr std::array<Bracket, 256> brackets = [] {
  std::array<Bracket, 256> table{};
  table['"'] = Bracket::quote;
  table['{'] = table['['] = Bracket::open;
  table['}'] = table[']'] = Bracket::close;
  return table;
}();

const char* skip_container(const char* at) {
  std::size_t depth = 0;
  while (true) {
    switch (brackets[static_cast<unsigned char>(*at)]) {
      case Bracket::none:
        ++at;
        break;
      case Bracket::quote:
        at = skip_string(at);
        break;
      case Bracket::open:
        ++depth;
        ++at;
        break;
      case Bracket::close:
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

/// The UTF-16 unit that the escape at `at` stands for; nothing where there is no "\\uXXXX".
std::optional<unsigned> unit_at(std::string_view text, std::size_t at) {
  if (text.size() < at + unit_length || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* const digits = text.data() + at + 2;
  const auto [end, error] = std::from_chars(digits, digits + 4, unit, 16);
  if (error != std::errc{} || end != digits + 4) return std::nullopt;
  return unit;
}

/// Where the next half of a surrogate pair stands, at or behind `at`, or npos.
std::size_t find_half_pair(std::string_view text, std::size_t at) {
  const auto is_high = [](std::optional<unsigned> unit) {
    return unit && *unit >= 0xD800 && *unit <= 0xDBFF;
  };
  const auto is_low = [](std::optional<unsigned> unit) { return unit && *unit >= 0xDC00 && *unit <= 0xDFFF; };
  for (at = text.find('\\', at); at < text.size(); at = text.find('\\', at)) {
    const auto unit = unit_at(text, at);
    if (is_low(unit)) return at;
    if (is_high(unit)) {
      if (!is_low(unit_at(text, at + unit_length))) return at;
      at += unit_length;
    }
    at += unit ? unit_length : 2;
  }
  return std::string_view::npos;
}

}  // namespace

const char* skip_space(const char* at) {
  while (is_space(*at)) ++at;
  return at;
}

const char* skip_string(const char* at) {
  const char* const begin = ++at;
  while (true) {
    at = static_cast<const char*>(::rawmemchr(at, '"'));  // many bytes at a time: payloads are long strings
    const char* escapes = at;
    while (escapes > begin && escapes[-1] == '\\') --escapes;
    ++at;
    if ((at - 1 - escapes) % 2 == 0) return at;
  }
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

void replace_half_pairs(std::span<char> json) {
  constexpr std::string_view replacement = "\\uFFFD";
  const std::string_view text{json.data(), json.size()};
  for (auto at = find_half_pair(text, 0); at != std::string_view::npos;
       at = find_half_pair(text, at + unit_length))
    std::copy(replacement.begin(), replacement.end(), json.begin() + static_cast<std::ptrdiff_t>(at));
}

bool has_half_pair(std::string_view string) {
  return find_half_pair(string, 0) != std::string_view::npos;
}

}  // namespace dispatch::ingest
