#pragma once

#include "base/error.hpp"
#include "ingest/json_pointer.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// What a line can say about its event.
enum class Field : std::size_t {
  event_id,
  entity_id,
  sequence_number,
  payload,
  type,
  source,
  url,
  time,
  correlation_id,
  causation_id,
  headers,
};

/// The native names of the fields, in the order of Field.
inline constexpr std::array<std::string_view, 11> field_names{
    "event_id", "entity_id", "sequence_number", "payload",      "type",   "source",
    "url",      "time",      "correlation_id",  "causation_id", "headers"};

constexpr std::string_view to_string(Field field) {
  return field_names[static_cast<std::size_t>(field)];
}

/// Where the fields of a line are found: a field with a pointer there and nowhere else, the others by their
/// names (see dispatch-events(5)). The default maps nothing. A value.
struct Mapping {
  std::array<std::optional<JsonPointer>, field_names.size()> pointers;

  /// Reads `--field` arguments: "event_id=/delivery/guid". Misuse: no '=', an unknown field, a bad pointer, a
  /// field given twice, and the empty pointer (the whole line) for anything but payload.
  static Result<Mapping> parse(std::span<const std::string> arguments);

  const std::optional<JsonPointer>& of(Field field) const {
    return pointers[static_cast<std::size_t>(field)];
  }
};

}  // namespace dispatch::ingest
