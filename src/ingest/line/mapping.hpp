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

/// The fields of an event that a line can have.
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

/// The places of one field: "/delivery/guid", "/after/id,/before/id", "/source+/id". A value.
struct FieldPath {
  std::string text;  ///< as given
  /// The first alternative with all parts present is used; its parts are joined with '#'. Never empty.
  std::vector<std::vector<JsonPointer>> alternatives;

  /// True if an alternative has several parts.
  bool joins() const;
  bool is_whole_line() const { return alternatives.front().front().tokens.empty(); }
};

/// Where to find the fields of a line: a mapped field only at its place, the others by their names (see
/// dispatch-events(5)). The default maps nothing. A value.
struct Mapping {
  std::array<std::optional<FieldPath>, field_names.size()> paths;
  std::array<bool, field_names.size()> required{};

  /// Parses `--field` arguments: "event_id=/delivery/guid". A comma before a '/' separates alternatives, of
  /// which the first present one is used; a plus before a '/' joins the parts of an id. Misuse: no '=', an
  /// unknown field, an invalid pointer, a field given twice, the empty pointer (the whole line) for a field
  /// other than payload, and joined parts for a field that is not an id.
  static Result<Mapping> parse(std::span<const std::string> arguments);

  /// Parses a `--require` argument: names of fields, separated by commas; a line without one of them is
  /// rejected.
  Result<> require(std::string_view names);

  const std::optional<FieldPath>& of(Field field) const { return paths[static_cast<std::size_t>(field)]; }
  bool requires_field(Field field) const { return required[static_cast<std::size_t>(field)]; }
};

}  // namespace dispatch::ingest
