#include "operations/views/event_json.hpp"

#include "base/text/base64.hpp"
#include "base/text/utf8.hpp"
#include "operations/views/attempt_json.hpp"
#include "operations/views/json_fields.hpp"

#include <string>

#include <fmt/ranges.h>

namespace dispatch::operations {
namespace {

using journal::EventRecord;

void add_deliveries(JsonObject& object, const EventRecord& event) {
  std::string list = "[";
  for (const auto& delivery : event.deliveries) {
    if (list.size() > 1) list += ',';
    JsonObject entry{list};
    add_text(entry, "subscription", delivery.subscription);
    entry.add("destination", delivery.destination)
        .add("host", delivery.host)
        .add("generation", delivery.key.generation)
        .add("state", to_string(delivery.state))
        .add("attempts", delivery.attempts)
        .add("forgiven", delivery.forgiven);
    add_time(entry, "state_at", delivery.state_at);
    add_time(entry, "began_at", delivery.began_at);
    entry.add("status", delivery.status)
        .add("not_meant", delivery.not_meant)
        .add("excluded_by_filter", delivery.not_meant);
  }
  object.add_raw("deliveries", list += ']');
}

void add_payload(JsonObject& object, const EventRecord& event) {
  if (is_utf8(event.payload)) {
    object.add("payload", event.payload);
    return;
  }
  std::string encoded;
  append_base64(encoded, event.payload);
  object.add("payload_base64", encoded);
}

}  // namespace

void add_event(JsonObject& object, const EventRecord& event) {
  object.add("position", event.position.value()).add("event_id", event.event_id);
  add_place(object, event.entity_id, event.sequence);
  add_text(object, "type", event.type);
  add_text(object, "source", event.source);
  add_text(object, "time", event.time);
  add_text(object, "correlation_id", event.correlation_id);
  add_text(object, "causation_id", event.causation_id);
  if (event.headers.empty()) {
    object.add_null("headers");
  } else {
    object.add_foreign("headers", event.headers);
  }
  add_text(object, "url", event.own_url);
  add_time(object, "accepted_at", event.accepted_at);
  object.add("payload_bytes", event.payload_bytes);
  add_deliveries(object, event);
}

void add_event(JsonObject& object, const EventRecord& event,
               const std::vector<journal::AttemptRecord>& attempts) {
  add_event(object, event);
  add_payload(object, event);
  add_text(object, "trace_id", trace_text(event));
  object.add_raw("attempts", fmt::format("[{}]", fmt::join(attempts_json(event, attempts), ",")));
  object.add_raw("actions", fmt::format("[{}]", fmt::join(actions_json(event), ",")));
}

}  // namespace dispatch::operations
