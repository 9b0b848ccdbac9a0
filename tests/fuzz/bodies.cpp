// What is made of an event for a receiver or a jq program is JSON whatever the event says, and holds what it
// says.

#include "base/text/json.hpp"
#include "base/text/utf8.hpp"
#include "delivery/body.hpp"
#include "delivery/cloud_event.hpp"
#include "event/jq_input.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"

#include <string>

#include <simdjson.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;

namespace {

std::string_view string_at(const simdjson::dom::object& object, std::string_view key) {
  std::string_view text;
  PROPERTY(object.at_key(key).get(text) == simdjson::SUCCESS);
  return text;
}

bool says(const simdjson::dom::object& object, std::string_view key, std::string_view text) {
  if (text.empty()) return object.at_key(key).is_null();
  return string_at(object, key) == to_utf8(text);
}

/// The object, where the parser takes it: payloads nested deeper than it likes are JSON all the same.
bool parsed(simdjson::dom::parser& parser, const std::string& json, simdjson::dom::object& object) {
  PROPERTY(is_json(json));
  const auto error = parser.parse(json).get(object);
  PROPERTY(error == simdjson::SUCCESS || error == simdjson::DEPTH_ERROR || error == simdjson::NUMBER_ERROR ||
           error == simdjson::STRING_ERROR);
  return error == simdjson::SUCCESS;
}

void check_data(const simdjson::dom::object& object, const std::string& json, std::string_view payload) {
  const bool sound = is_json(payload);
  PROPERTY((object.at_key("data").error() == simdjson::SUCCESS) == sound);
  PROPERTY((object.at_key("data_base64").error() == simdjson::SUCCESS) == !sound);
  if (sound) PROPERTY(json.ends_with(std::string{payload} + "}"));
}

void check_envelope(const Outgoing& event) {
  const auto json = envelope(event, event.payload);
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (!parsed(parser, json, object)) return;
  PROPERTY(object.size() == 5);
  PROPERTY(string_at(object, "id") == to_utf8(event.event_id));
  PROPERTY(says(object, "type", event.type) && says(object, "source", event.source));
  // Where the event has no time, that of its acceptance.
  PROPERTY(event.time.empty() ? !string_at(object, "timestamp").empty()
                              : says(object, "timestamp", event.time));
  check_data(object, json, event.payload);
}

void check_cloud_event(const Outgoing& event) {
  const auto json = structured_cloud_event(event, event.payload);
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (!parsed(parser, json, object)) return;
  for (const auto& [name, value] : cloud_event_attributes(event)) {
    PROPERTY(!value.empty() && string_at(object, name) == to_utf8(value));
    for (const char c : name) PROPERTY((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
  }
  for (const char c : string_at(object, "source")) PROPERTY(c > ' ' && c < '\x7f' && c != '"');
  PROPERTY((object.at_key("datacontenttype").error() == simdjson::SUCCESS) == !is_json(event.payload));
  check_data(object, json, event.payload);
}

void check_jq_document(const Outgoing& event) {
  JqInput input{.id = event.event_id,
                .type = event.type,
                .source = event.source,
                .timestamp = event.time,
                .entity = event.entity_id,
                .sequence = event.sequence,
                .payload = event.payload};
  const auto json = jq_document(input);
  if (!is_json(event.payload)) return;  // its program fails
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (!parsed(parser, json, object)) return;
  PROPERTY(object.size() == 7);
  PROPERTY(string_at(object, "id") == to_utf8(event.event_id));
  PROPERTY(says(object, "type", event.type) && says(object, "source", event.source));
}

}  // namespace

// id, type, source, time and entity, a line each, and the payload.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  Outgoing event;
  event.event_id = input.until('\n');
  if (event.event_id.empty()) event.event_id = "e";
  event.type = input.until('\n');
  event.source = input.until('\n');
  event.time = input.until('\n');
  if (const auto entity = input.until('\n'); !entity.empty()) event.entity_id = entity;
  if (event.entity_id) event.sequence = SequenceNumber{static_cast<std::int64_t>(size)};
  event.payload = input.rest();
  check_envelope(event);
  check_cloud_event(event);
  check_jq_document(event);
  return 0;
}
