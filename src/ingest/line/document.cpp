#include "ingest/line/document.hpp"

#include "ingest/framing/frame.hpp"

#include <span>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

static_assert(frame_padding >= simdjson::SIMDJSON_PADDING);

std::string reason_for(simdjson::error_code error, std::string_view line) {
  if (const auto nul = line.find('\0'); nul != std::string_view::npos)
    return fmt::format("byte {} is NUL, which JSON cannot hold", nul + 1);
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "the line is not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "not JSON: a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "not JSON: a string holds a control character that is not escaped";
    case simdjson::STRING_ERROR:
      return "not JSON: a string holds an escape that does not exist";
    case simdjson::NUMBER_ERROR:
      return "not JSON: a number is malformed";
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
      return "not JSON: a word other than true, false and null";
    case simdjson::DEPTH_ERROR:
      return fmt::format("nested deeper than {} levels", simdjson::DEFAULT_MAX_DEPTH);
    case simdjson::EMPTY:
      return "not JSON: nothing but space";
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return "too large to be parsed";
    default:
      return "not JSON: the line ends early, or brackets, commas, colons or quotes do not fit together";
  }
}

}  // namespace

std::string_view kind_of(const Value& value) {
  using simdjson::dom::element_type;
  switch (value.type()) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "true or false";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

tl::expected<Value, std::string> DocumentParser::parse(std::string_view line) {
  constexpr bool copy_for_padding = false;
  simdjson::dom::element root;
  auto error = parser_.parse(line.data(), line.size(), copy_for_padding).get(root);
  if (error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR) error = parse_tamed(line, root);
  if (error != simdjson::SUCCESS) return tl::unexpected(reason_for(error, line));

  const std::string_view space = " \t\r\n";
  const auto begin = line.find_first_not_of(space);
  const Value value{root, line.substr(begin, line.find_last_not_of(space) + 1 - begin)};
  if (!value.is_object())
    return tl::unexpected(fmt::format("an event must be a JSON object; this is {}", kind_of(value)));
  return value;
}

simdjson::error_code DocumentParser::parse_tamed(std::string_view line, simdjson::dom::element& root) {
  copy_.assign(line);
  copy_.append(frame_padding, ' ');
  const auto text = std::span{copy_}.first(line.size());
  blank_numbers(text);
  replace_half_pairs(text);
  constexpr bool copy_for_padding = false;
  return parser_.parse(copy_.data(), line.size(), copy_for_padding).get(root);
}

}  // namespace dispatch::ingest
