#include "cli/output/event_text.hpp"

#include "base/text/printable.hpp"
#include "base/text/units.hpp"
#include "cli/output/attempt_table.hpp"
#include "cli/output/listing.hpp"
#include "operations/views/attempt_json.hpp"
#include "operations/views/event_json.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

using journal::DeliveryRecord;
using journal::EventRecord;

std::string when_text(const DeliveryRecord& delivery, WallTime now) {
  if (!delivery.state_at) return {};
  switch (delivery.state) {
    case DeliveryState::retry_wait:
      return "due " + until_text(*delivery.state_at, now);
    case DeliveryState::dead_letter:
      return "dead for " + age_text(*delivery.state_at, now);
    case DeliveryState::in_flight:
      return "for " + age_text(*delivery.state_at, now);
    default:
      return {};
  }
}

}  // namespace

std::string states_text(const EventRecord& event) {
  std::string text;
  std::vector<std::string_view> told;
  for (const auto& delivery : event.deliveries) {
    const std::string_view state = delivery.not_meant ? "not meant" : to_string(delivery.state);
    if (std::find(told.begin(), told.end(), state) != told.end()) continue;
    told.push_back(state);
    if (!text.empty()) text += ", ";
    text += state;
  }
  return text;
}

std::string delivery_text(const DeliveryRecord& delivery, WallTime now) {
  auto text = delivery.destination;
  if (!delivery.subscription.empty()) text += ", subscription " + delivery.subscription;
  if (delivery.key.generation > 0) text += fmt::format(", replay {}", delivery.key.generation);
  text += fmt::format(": {}", to_string(delivery.state));
  if (delivery.not_meant) text += ", not meant";
  if (const auto when = when_text(delivery, now); !when.empty()) text += ", " + when;
  text += ", " + counted(delivery.attempts, "attempt", "attempts");
  if (delivery.forgiven > 0) text += fmt::format(" ({} of them forgiven)", delivery.forgiven);
  if (delivery.status) text += fmt::format(", the last answer HTTP {}", *delivery.status);
  return text;
}

void put_event_json(const EventRecord& event) {
  put_json([&](JsonObject& object) { operations::add_event(object, event); });
}

void put_event_json(const EventRecord& event, const std::function<void(JsonObject&)>& more) {
  put_json([&](JsonObject& object) {
    operations::add_event(object, event);
    more(object);
  });
}

void put_event_json(const EventRecord& event, const std::vector<journal::AttemptRecord>& attempts) {
  put_json([&](JsonObject& object) { operations::add_event(object, event, attempts); });
}

void put_event(const EventRecord& event, const std::vector<journal::AttemptRecord>& attempts, WallTime now) {
  const auto field = [](std::string_view name, std::string_view text) {
    if (!text.empty()) put_out(fmt::format("{:<13}{}\n", name, printable(text)));
  };
  field("event", event.event_id);
  field("position", std::to_string(event.position.value()));
  field("entity", event.entity_id.value_or(""));
  if (event.sequence) field("sequence", std::to_string(event.sequence->value()));
  field("type", event.type);
  field("source", event.source);
  field("time", event.time);
  field("correlation", event.correlation_id);
  field("causation", event.causation_id);
  field("trace", operations::trace_text(event));
  field("headers", event.headers);
  field("url", event.own_url);
  field("accepted",
        fmt::format("{}, {} ago", format_time(event.accepted_at), age_text(event.accepted_at, now)));
  put_out(fmt::format("\npayload, {}:\n", counted(event.payload_bytes, "byte", "bytes")));
  put_out(printable(event.payload));
  put_out("\n\n");
  tell_attempts(event, attempts, now, put_out);
}

}  // namespace dispatch::cli
