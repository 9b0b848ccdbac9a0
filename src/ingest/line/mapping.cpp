#include "ingest/line/mapping.hpp"

#include <algorithm>
#include <utility>

#include <fmt/ranges.h>

namespace dispatch::ingest {
namespace {

Result<Field> field_of(std::string_view name, std::string_view argument) {
  const auto found = std::find(field_names.begin(), field_names.end(), name);
  if (found == field_names.end())
    return misuse("'{}' names no field of an event; there are {}", argument, fmt::join(field_names, ", "));
  return static_cast<Field>(found - field_names.begin());
}

/// Cuts `text` before each '/' that follows `separator`.
std::vector<std::string_view> cut(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  const char mark[] = {separator, '/', '\0'};
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

Result<FieldPath> parse_path(std::string_view text) {
  FieldPath path{std::string{text}, {}};
  for (const auto alternative : cut(text, ',')) {
    auto& parts = path.alternatives.emplace_back();
    for (const auto part : cut(alternative, '+')) {
      DISPATCH_ASSIGN(auto pointer, JsonPointer::parse(part));
      parts.push_back(std::move(pointer));
    }
  }
  return path;
}

bool is_id(Field field) {
  return field == Field::event_id || field == Field::entity_id || field == Field::correlation_id ||
         field == Field::causation_id;
}

}  // namespace

bool FieldPath::joins() const {
  return std::any_of(alternatives.begin(), alternatives.end(),
                     [](const auto& parts) { return parts.size() > 1; });
}

Result<Mapping> Mapping::parse(std::span<const std::string> arguments) {
  Mapping mapping;
  for (const std::string_view argument : arguments) {
    const auto equals = argument.find('=');
    if (equals == std::string_view::npos)
      return misuse("'{}' is not FIELD=POINTER, as in event_id=/delivery/guid", argument);
    DISPATCH_ASSIGN(const auto field, field_of(argument.substr(0, equals), argument));

    auto path = parse_path(argument.substr(equals + 1));
    if (!path) return misuse("'{}': {}", argument, path.error().message);
    if (path->is_whole_line() && field != Field::payload)
      return misuse("'{}' points at the whole line; only the payload can be that", argument);
    if (!is_id(field) && path->joins())
      return misuse("'{}' joins several places; only ids can be joined", argument);
    auto& place = mapping.paths[static_cast<std::size_t>(field)];
    if (place) return misuse("{} is given twice", to_string(field));
    place = std::move(*path);
  }
  return mapping;
}

Result<> Mapping::require(std::string_view names) {
  for (std::size_t at = 0; at <= names.size();) {
    const auto comma = std::min(names.find(',', at), names.size());
    DISPATCH_ASSIGN(const auto field, field_of(names.substr(at, comma - at), names));
    required[static_cast<std::size_t>(field)] = true;
    at = comma + 1;
  }
  return {};
}

}  // namespace dispatch::ingest
