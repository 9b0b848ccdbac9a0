#include "jq/error_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace dispatch::jq {
namespace {

constexpr std::array<std::string_view, 6> types{"null", "boolean", "number", "string", "array", "object"};

/// What jq says of one value or of two: "TYPE (VALUE) cannot be negated".
constexpr std::array<std::string_view, 23> verdicts{
    "cannot be negated",
    "cannot be added",
    "cannot be subtracted",
    "cannot be multiplied",
    "cannot be divided",
    "cannot be divided (remainder)",
    "cannot be divided because the divisor is zero",
    "cannot be divided (remainder) because the divisor is zero",
    "cannot be iterated over",
    "cannot be parsed as a number",
    "cannot be sorted, as it is not an array",
    "cannot be sorted, as they are not both arrays",
    "cannot be grouped, as it is not an array",
    "cannot be grouped, as they are not both arrays",
    "cannot have their containment checked",
    "cannot be searched, as it is not a string",
    "cannot be matched, as it is not a string",
    "cannot be csv-formatted, only array",
    "cannot be tsv-formatted, only array",
    "can not be escaped for shell",
    "is not valid in a csv row",
    "is not valid base64 data",
    "has no keys",
};

/// What jq says as it stands here.
constexpr std::array<std::string_view, 31> sentences{
    "Range bounds must be numeric",
    "Out of bounds negative array index",
    "Path too deep",
    "Object merge too deep",
    "Comparison too deep",
    "Equality check too deep",
    "Containment check too deep",
    "String too long",
    "Repeat string result too long",
    "Start and end indices of an array slice must be numbers",
    "Start and end indices of an string slice must be numbers",
    "Path must be specified as an array",
    "Paths must be specified as an array",
    "Object keys must be strings",
    "explode input must be a string",
    "implode input must be an array",
    "split input and separator must be strings",
    "flatten depth must not be negative",
    "nth doesn't support negative indices",
    "startswith() requires string inputs",
    "endswith() requires string inputs",
    "strptime/1 requires string inputs and arguments",
    "strftime/1 requires parsed datetime inputs",
    "strftime/1 requires a string format",
    "strflocaltime/1 requires parsed datetime inputs",
    "strflocaltime/1 requires a string format",
    "mktime requires array inputs",
    "mktime requires parsed datetime inputs",
    "gmtime() requires numeric inputs",
    "localtime() requires numeric inputs",
    "break",
};

/// Ends of our own prelude's messages: "input is not available".
constexpr std::string_view not_available = " is not available";

std::optional<std::string_view> type_at(std::string_view text) {
  for (const auto type : types)
    if (text.starts_with(type)) return type;
  return std::nullopt;
}

/// What follows `word` in `text`; empty where it is not there.
std::string_view behind(std::string_view text, std::string_view word) {
  const auto at = text.find(word);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + word.size());
}

std::optional<std::string> about_index(std::string_view said) {
  const auto rest = behind(said, "Cannot index ");
  const auto type = type_at(rest), key = type_at(behind(rest, " with "));
  if (!type || !key) return std::nullopt;
  return fmt::format("Cannot index {} with {}", *type, *key);
}

std::optional<std::string> about_one_type(std::string_view said) {
  constexpr std::array<std::array<std::string_view, 2>, 5> forms{
      {{"Cannot iterate over ", ""},
       {"Cannot use ", " as object key"},
       {"Cannot check whether ", " has a key"},
       {"Cannot delete fields from ", ""},
       {"Path must be specified as array, not ", ""}}};
  for (const auto& [start, end] : forms) {
    if (!said.starts_with(start)) continue;
    if (const auto type = type_at(said.substr(start.size()))) return fmt::format("{}{}{}", start, *type, end);
  }
  return std::nullopt;
}

std::optional<std::string> about_values(std::string_view said) {
  const auto type = type_at(said);
  if (!type) return std::nullopt;
  for (const auto verdict : verdicts) {
    if (!said.ends_with(verdict) || !said.substr(0, said.size() - verdict.size()).ends_with(' ')) continue;
    const auto other = type_at(behind(said, ") and "));
    return other ? fmt::format("{} and {} {}", *type, *other, verdict) : fmt::format("{} {}", *type, verdict);
  }
  return std::nullopt;
}

bool stands_in(std::string_view program, std::string_view said) {
  return program.find(fmt::format("\"{}\"", said)) != std::string_view::npos;
}

bool is_own_word(std::string_view said) {
  const bool known = std::find(sentences.begin(), sentences.end(), said) != sentences.end();
  const bool refused = said.ends_with(not_available) &&
                       said.find(' ') == said.size() - not_available.size() && said.size() < 64;
  return known || refused;
}

}  // namespace

std::string without_values(std::string_view said, std::string_view program) {
  if (is_own_word(said) || stands_in(program, said)) return std::string{said};
  if (auto text = about_index(said)) return *text;
  if (auto text = about_one_type(said)) return *text;
  if (auto text = about_values(said)) return *text;
  if (said.starts_with("Invalid path expression")) return "Invalid path expression";
  if (said.starts_with("date ") && said.find(" does not match format ") != std::string_view::npos)
    return "the date does not match the format";
  return "it raised an error whose text is not shown, as it may hold the payload";
}

}  // namespace dispatch::jq
