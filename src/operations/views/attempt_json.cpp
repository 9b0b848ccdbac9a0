#include "operations/views/attempt_json.hpp"

#include "base/text/json.hpp"
#include "journal/trace.hpp"
#include "operations/views/json_fields.hpp"
#include "tracing/trace_context.hpp"

#include <algorithm>

namespace dispatch::operations {
namespace {

using journal::AttemptRecord;
using journal::DeliveryRecord;
using journal::EventRecord;

}  // namespace

std::string trace_text(const EventRecord& event) {
  return event.trace ? tracing::hex(event.trace.trace) : std::string{};
}

std::string span_text(const EventRecord& event, const AttemptRecord& attempt) {
  const auto trace = journal::trace_of_attempt(event.trace, attempt.key, attempt.number);
  return trace ? tracing::hex(trace.span) : std::string{};
}

std::vector<std::string> attempts_json(const EventRecord& event, const std::vector<AttemptRecord>& attempts) {
  std::vector<std::string> objects;
  for (const auto& delivery : event.deliveries) {
    const AttemptHistory history{delivery, attempts};
    for (std::size_t i = 0; i < history.attempts().size(); ++i) {
      const auto& attempt = *history.attempts()[i];
      JsonObject object{objects.emplace_back()};
      object.add("event_id", event.event_id);
      add_text(object, "subscription", attempt.subscription);
      object.add("destination", attempt.destination)
          .add("generation", attempt.key.generation)
          .add("attempt", attempt.number);
      add_text(object, "trace_id", trace_text(event));
      add_text(object, "span_id", span_text(event, attempt));
      add_time(object, "began_at", attempt.began_at);
      object.add("under_way", !attempt.ended.has_value());
      if (attempt.ended) add_end(object, *attempt.ended);
      add_time(object, "next_at", history.next_at(i));
    }
  }
  return objects;
}

std::vector<std::string> actions_json(const EventRecord& event) {
  std::vector<std::string> objects;
  for (const auto& action : event.actions) {
    const auto delivery = std::find_if(event.deliveries.begin(), event.deliveries.end(),
                                       [&](const DeliveryRecord& one) { return one.key == action.key; });
    if (delivery == event.deliveries.end()) continue;
    JsonObject object{objects.emplace_back()};
    object.add("event_id", event.event_id);
    add_text(object, "subscription", delivery->subscription);
    object.add("destination", delivery->destination)
        .add("generation", action.key.generation)
        .add("action", action.what);
    add_time(object, "at", action.at);
    if (!action.to.empty()) object.add("to", action.to);
  }
  return objects;
}

}  // namespace dispatch::operations
