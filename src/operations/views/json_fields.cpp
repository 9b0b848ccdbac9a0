#include "operations/views/json_fields.hpp"

#include "base/text/units.hpp"
#include "event/outcome_name.hpp"

#include <chrono>
#include <cstdint>

namespace dispatch::operations {

void add_time(JsonObject& object, std::string_view key, std::optional<WallTime> time) {
  if (time) {
    object.add(key, format_time(*time));
  } else {
    object.add_null(key);
  }
}

void add_text(JsonObject& object, std::string_view key, std::string_view text) {
  if (text.empty()) {
    object.add_null(key);
  } else {
    object.add(key, text);
  }
}

void add_place(JsonObject& object, const std::optional<std::string>& entity,
               const std::optional<SequenceNumber>& sequence) {
  add_text(object, "entity_id", entity.value_or(""));
  if (sequence) {
    object.add("sequence_number", sequence->value());
  } else {
    object.add_null("sequence_number");
  }
}

void add_end(JsonObject& object, const journal::AttemptRecord::End& end) {
  const auto add_duration = [&](std::string_view key,
                                const std::optional<std::chrono::microseconds>& duration) {
    if (duration) {
      object.add(key, static_cast<std::int64_t>(duration->count()));
    } else {
      object.add_null(key);
    }
  };
  object.add("outcome", to_string(end.kind));
  if (end.status != 0) {
    object.add("status", end.status);
  } else {
    object.add_null("status");
  }
  add_text(object, "error", end.error);
  add_duration("took_us", end.took);
  add_text(object, "address", end.address);
  add_duration("name_resolved_us", end.timings.name_resolved);
  add_duration("connected_us", end.timings.connected);
  add_duration("tls_ready_us", end.timings.tls_ready);
  add_duration("first_byte_us", end.timings.first_byte);
  add_text(object, "excerpt", end.excerpt);
  const auto name = outcome_name(end.kind, end.error);
  add_text(object, "reason", name == to_string(end.kind) ? std::string_view{} : name);
}

}  // namespace dispatch::operations
