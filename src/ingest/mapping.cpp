#include "ingest/mapping.hpp"

#include <algorithm>

#include <fmt/ranges.h>

namespace dispatch::ingest {

Result<Mapping> Mapping::parse(std::span<const std::string> arguments) {
  Mapping mapping;
  for (const std::string_view argument : arguments) {
    const auto equals = argument.find('=');
    if (equals == std::string_view::npos)
      return misuse("'{}' is not FIELD=POINTER, as in event_id=/delivery/guid", argument);
    const auto name = argument.substr(0, equals);
    const auto found = std::find(field_names.begin(), field_names.end(), name);
    if (found == field_names.end())
      return misuse("'{}' names no field of an event; there are {}", argument, fmt::join(field_names, ", "));

    auto pointer = JsonPointer::parse(argument.substr(equals + 1));
    if (!pointer) return misuse("'{}': {}", argument, pointer.error().message);
    const auto at = static_cast<std::size_t>(found - field_names.begin());
    if (pointer->tokens.empty() && static_cast<Field>(at) != Field::payload)
      return misuse("'{}' points at the whole line; only the payload can be that", argument);
    if (mapping.pointers[at]) return misuse("{} is given twice", name);
    mapping.pointers[at] = std::move(*pointer);
  }
  return mapping;
}

}  // namespace dispatch::ingest
