#pragma once

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "event/ids.hpp"
#include "journal/records.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::operations {

/// Adds a time as RFC 3339, or null.
void add_time(JsonObject& object, std::string_view key, std::optional<WallTime> time);
/// Adds a text, or null if it is empty.
void add_text(JsonObject& object, std::string_view key, std::string_view text);
/// Adds the entity and the sequence number of an event; null if it has none.
void add_place(JsonObject& object, const std::optional<std::string>& entity,
               const std::optional<SequenceNumber>& sequence);
/// Adds how an attempt ended.
void add_end(JsonObject& object, const journal::AttemptRecord::End& end);

}  // namespace dispatch::operations
