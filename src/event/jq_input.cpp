#include "event/jq_input.hpp"

#include "base/text/json.hpp"

#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

namespace dispatch {
namespace {

void add(JsonObject& object, std::string_view key, std::string_view text) {
  if (text.empty())
    object.add_null(key);
  else
    object.add(key, text);
}

constexpr std::size_t escape_bytes = 6;  // \uXXXX

/// The code unit that the escape at the front of `text` stands for; nothing where it is no \uXXXX.
std::optional<unsigned> code_unit(std::string_view text) {
  if (text.size() < escape_bytes || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  unsigned unit = 0;
  const char* const end = text.data() + escape_bytes;
  const auto read = std::from_chars(text.data() + 2, end, unit, 16);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{unit} : std::nullopt;
}

bool is_high_half(std::optional<unsigned> unit) {
  return unit && *unit >= 0xD800 && *unit <= 0xDBFF;
}
bool is_low_half(std::optional<unsigned> unit) {
  return unit && *unit >= 0xDC00 && *unit <= 0xDFFF;
}

/// Appends the JSON with halves of surrogate pairs replaced where the other half is missing.
void append_whole_characters(std::string& out, std::string_view json) {
  std::size_t copied = 0;
  for (auto at = json.find('\\'); at != std::string_view::npos && at + 1 < json.size();) {
    const auto unit = code_unit(json.substr(at));
    std::size_t length = unit ? escape_bytes : 2;
    if (is_high_half(unit) && is_low_half(code_unit(json.substr(at + escape_bytes)))) {
      length = 2 * escape_bytes;
    } else if (is_high_half(unit) || is_low_half(unit)) {
      out.append(json, copied, at - copied).append("\\uFFFD");
      copied = at + escape_bytes;
    }
    at = json.find('\\', at + length);
  }
  out.append(json, copied);
}

}  // namespace

std::string jq_document(const JqInput& input) {
  std::string document;
  document.reserve(input.payload.size() + 256);
  {
    JsonObject object{document};
    object.add("id", input.id);
    add(object, "type", input.type);
    add(object, "source", input.source);
    add(object, "timestamp", input.timestamp);
    object.add("entity", input.entity);
    if (input.sequence && input.entity)
      object.add("sequence", input.sequence->value());
    else
      object.add_null("sequence");
    object.add_raw("data", {});
    append_whole_characters(document, input.payload);
  }
  return document;
}

}  // namespace dispatch
