#pragma once

#include "ingest/line/json_text.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>
#include <tl/expected.hpp>

namespace dispatch::ingest {

/// A value of a valid JSON document, with its original bytes.
struct Value {
  simdjson::dom::element meaning;
  std::string_view raw;

  simdjson::dom::element_type type() const { return meaning.type(); }
  bool is_object() const { return meaning.is_object(); }
  bool is_null() const { return meaning.is_null(); }
  bool is_number() const { return meaning.is_number(); }
  bool is_array() const { return meaning.is_array(); }
  bool is_string() const { return meaning.is_string(); }
  /// The unescaped string; empty if the value is not a string. Valid as long as the document.
  std::string_view string() const {
    std::string_view text;
    return meaning.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view{};
  }
};

/// "a string", "an object" and so on, for reject reasons.
std::string_view kind_of(const Value& value);

/// Checks that a line is one valid JSON object. Used for line after line, by one thread.
class DocumentParser {
 public:
  /// The object, or the reason why `line` is not one. Valid until the next call. `frame_padding` bytes behind
  /// `line` must be readable.
  tl::expected<Value, std::string> parse(std::string_view line);

 private:
  /// Parses a copy in which valid JSON that the parser refuses was replaced.
  simdjson::error_code parse_tamed(std::string_view line, simdjson::dom::element& root);

  simdjson::dom::parser parser_;
  std::string copy_;
};

/// Calls `use(name, value)` for each member of `object`, in order; the name is unescaped.
template <class Use>
void for_each_member(const Value& object, Use use) {
  const char* at = object.raw.data() + 1;
  for (const simdjson::dom::key_value_pair member : simdjson::dom::object(object.meaning)) {
    const char* const colon = skip_space(skip_string(skip_space(at)));
    const char* const begin = skip_space(colon + 1);
    const char* const end = skip_value(begin);
    use(member.key, Value{member.value, {begin, static_cast<std::size_t>(end - begin)}});
    at = skip_space(end) + 1;
  }
}

/// Calls `use(value)` for each element of `array`, in order.
template <class Use>
void for_each_element(const Value& array, Use use) {
  const char* at = array.raw.data() + 1;
  for (const simdjson::dom::element element : simdjson::dom::array(array.meaning)) {
    const char* const begin = skip_space(at);
    const char* const end = skip_value(begin);
    use(Value{element, {begin, static_cast<std::size_t>(end - begin)}});
    at = skip_space(end) + 1;
  }
}

}  // namespace dispatch::ingest
