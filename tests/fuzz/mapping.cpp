// JSON pointers into documents: what --field finds is what RFC 6901 says stands there.

#include "ingest/line/mapping.hpp"

#include "fuzz/input.hpp"
#include "fuzz/one_line.hpp"
#include "fuzz/property.hpp"
#include "ingest/framing/json_pointer.hpp"

#include <array>
#include <optional>
#include <string>

#include <simdjson.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

std::string encoded(const std::vector<std::string>& tokens) {
  std::string text;
  for (const auto& token : tokens) {
    text += '/';
    for (const char c : token) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return text;
}

void check_pointer(std::string_view text) {
  const auto pointer = JsonPointer::parse(text);
  bool right = text.empty() || text.front() == '/';
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) right = false;
  PROPERTY(pointer.has_value() == right);
  if (pointer) PROPERTY(pointer->text == text && encoded(pointer->tokens) == text);
}

/// One step as the RFC says; nothing where there is nothing. `twice` where a name on the way is ambiguous.
std::optional<simdjson::dom::element> step(const simdjson::dom::element& at, const std::string& token,
                                           bool& twice) {
  std::optional<simdjson::dom::element> found;
  simdjson::dom::object object;
  simdjson::dom::array array;
  if (at.get(object) == simdjson::SUCCESS) {
    int times = 0;
    for (const auto& [name, value] : object)
      if (name == token && ++times == 1) found = value;
    if (times > 1) twice = true;
  } else if (at.get(array) == simdjson::SUCCESS && !token.empty() && token.size() < 10 &&
             token.find_first_not_of("0123456789") == std::string::npos &&
             (token == "0" || token[0] != '0')) {
    simdjson::dom::element element;
    if (array.at(std::stoul(token)).get(element) == simdjson::SUCCESS) found = element;
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const auto pointer = input.until('\n');
  check_pointer(pointer);
  if (!pointer.empty() && !is_fit_to_show(pointer)) return 0;  // reasons quote what the operator wrote
  const std::array arguments{std::string{"event_id=/event_id"}, "payload=/document" + std::string{pointer}};
  auto mapping = Mapping::parse(arguments);
  if (!mapping) {
    PROPERTY(mapping.error().failure == Failure::usage);
    return 0;
  }
  if (pointer.find(",/") != std::string_view::npos) return 0;  // several places
  const auto tokens = mapping->of(Field::payload)->alternatives.at(0).at(0).tokens;
  const std::string text = R"({"event_id":"e","document":)" + std::string{input.rest()} + "}";
  const OneLine line{text, std::move(*mapping)};

  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(simdjson::padded_string{text}).get(root) != simdjson::SUCCESS) return 0;
  bool twice = false;
  std::optional<simdjson::dom::element> at = root;
  for (const auto& token : tokens) {
    at = step(*at, token, twice);
    if (!at || twice) break;
  }
  if (twice || !root.is_object()) {
    PROPERTY(!line.accepted());
  } else if (!at) {
    PROPERTY(!line.accepted());
  } else if (line.accepted()) {
    simdjson::dom::parser again;
    simdjson::dom::element read;
    PROPERTY(again.parse(simdjson::padded_string{line.event().payload}).get(read) == simdjson::SUCCESS);
    PROPERTY(simdjson::minify(read) == simdjson::minify(*at));
  }
  return 0;
}
