#pragma once

#include "base/error.hpp"
#include "ingest/framing/json_pointer.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// Where one field is looked for: "/delivery/guid", "/after/id,/before/id", "/source+/id". A value.
struct FieldPath {
  std::string text;  ///< as it was given
  /// The first of these counts of which every part is there; its parts are joined with '#'. Never empty.
  std::vector<std::vector<JsonPointer>> alternatives;

  /// Returns true where some of them have several parts.
  bool joins() const;
  bool is_whole_line() const { return alternatives.front().front().tokens.empty(); }
};

/// Where the fields of a line are found: a field with a path there and nowhere else, the others by their
/// names (see dispatch-events(5)). The default maps nothing. A value.
struct Mapping {
  std::array<std::optional<FieldPath>, field_names.size()> paths;
  std::array<bool, field_names.size()> required{};

  /// Reads `--field` arguments: "event_id=/delivery/guid". A comma before a '/' separates places of which the
  /// first that is there counts; a plus before a '/' joins the parts of an id. Misuse: no '=', an unknown
  /// field, a bad pointer, a field given twice, the empty pointer (the whole line) for anything but payload,
  /// and joined parts for what is no id.
  static Result<Mapping> parse(std::span<const std::string> arguments);

  /// Reads a `--require` argument: names of fields, separated by commas, without which a line is rejected.
  Result<> require(std::string_view names);

  const std::optional<FieldPath>& of(Field field) const { return paths[static_cast<std::size_t>(field)]; }
  bool requires_field(Field field) const { return required[static_cast<std::size_t>(field)]; }
};

}  // namespace dispatch::ingest
