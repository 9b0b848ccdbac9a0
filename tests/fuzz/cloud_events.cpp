// Where the fields of a line come from, CloudEvents and other lines alike, beside a model that reads the same
// line its own way.

#include "fuzz/input.hpp"
#include "fuzz/one_line.hpp"
#include "fuzz/property.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include <simdjson.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;

std::optional<Element> member(const Object& object, std::string_view name) {
  Element element;
  if (object.at_key(name).get(element) != simdjson::SUCCESS) return std::nullopt;
  return element;
}

/// The first that is there and not null.
std::optional<Element> first_of(const Object& object, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto found = member(object, name); found && !found->is_null()) return found;
  return std::nullopt;
}

bool is_cloud_event(const Object& object) {
  std::string_view version;
  const auto found = member(object, "specversion");
  return found && found->get(version) == simdjson::SUCCESS && version == "1.0";
}

/// An id is its text, or the digits of a number, whose sign at zero a model of numbers does not know.
void check_id(const std::optional<Element>& element, std::optional<std::string_view> id) {
  PROPERTY(element.has_value() == id.has_value());
  if (!element) return;
  std::string_view text;
  if (element->get(text) == simdjson::SUCCESS)
    PROPERTY(text == *id);
  else if (*id != "-0")
    PROPERTY(simdjson::minify(*element) == *id);
}

/// A sequence number is a number, or its digits as text, which may begin with zeros.
void check_sequence(const std::optional<Element>& element, std::optional<SequenceNumber> sequence) {
  PROPERTY(element.has_value() == sequence.has_value());
  if (!element) return;
  std::string_view text;
  if (element->get(text) == simdjson::SUCCESS) {
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
    PROPERTY(text == std::to_string(sequence->value()));
  } else {
    PROPERTY(simdjson::minify(*element) == std::to_string(sequence->value()));
  }
}

/// What the payload must be as JSON; nothing where it is the line, or base64.
std::optional<Element> payload_of(const Object& object, bool cloud_event) {
  if (const auto payload = member(object, "payload")) return payload;
  if (cloud_event && member(object, "data_base64")) return std::nullopt;
  return member(object, "data");
}

void check_payload(const Object& object, const OneLine& line) {
  const bool cloud_event = is_cloud_event(object);
  const auto payload = line.event().payload;
  if (const auto element = payload_of(object, cloud_event)) {
    simdjson::dom::parser parser;
    Element read;
    PROPERTY(parser.parse(simdjson::padded_string{payload}).get(read) == simdjson::SUCCESS);
    PROPERTY(simdjson::minify(read) == simdjson::minify(*element));
  } else if (cloud_event && member(object, "data_base64")) {
    PROPERTY(!member(object, "data"));
    std::string_view encoded;
    PROPERTY(member(object, "data_base64")->get(encoded) == simdjson::SUCCESS);
    PROPERTY(payload.size() <= encoded.size() / 4 * 3 && payload.size() + 3 > encoded.size() / 4 * 3);
  } else {
    PROPERTY(payload == line.line());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const OneLine line{input.rest()};
  if (!line.accepted()) return 0;

  simdjson::dom::parser parser;
  Object object;
  if (parser.parse(simdjson::padded_string{input.rest()}).get(object) != simdjson::SUCCESS)
    return 0;  // accepted for its numbers or halves of pairs, which this model cannot read
  const bool cloud_event = is_cloud_event(object);
  const auto& event = line.event();
  check_id(first_of(object, {"event_id", "id"}), event.event_id);
  check_id(cloud_event ? first_of(object, {"entity_id", "partitionkey", "subject"})
                       : first_of(object, {"entity_id"}),
           event.entity_id);
  check_sequence(
      cloud_event ? first_of(object, {"sequence_number", "sequence"}) : first_of(object, {"sequence_number"}),
      event.sequence);
  check_payload(object, line);
  return 0;
}
