#include "ingest/line/line_parser.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

/// Up to here comparing every pair is cheaper than sorting.
constexpr std::size_t few_names = 16;

/// A name that stands in `names` twice. May sort them.
std::optional<std::string_view> find_twice(std::vector<std::string_view>& names) {
  if (names.size() <= few_names) {
    for (auto name = names.begin(); name != names.end(); ++name)
      if (std::find(names.begin(), name, *name) != name) return *name;
    return std::nullopt;
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? std::nullopt : std::optional{*twice};
}

/// One step of a pointer: the member or element that `token` names; nothing where there is none.
Checked<std::optional<Value>> step_into(const Value& value, std::string_view token) {
  std::optional<Value> found;
  if (value.is_object()) {
    unsigned times = 0;
    for_each_member(value, [&](std::string_view name, const Value& member) {
      if (name != token) return;
      found = member;
      ++times;
    });
    if (times > 1) return tl::unexpected(fmt::format("duplicate field {}", in_quotes(token)));
  } else if (value.is_array() && is_integer(token)) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    if (error != std::errc{}) return found;
    for_each_element(value, [&](const Value& element) {
      if (index-- == 0) found = element;
    });
  }
  return found;
}

/// What to do where a field was not meant for us: other programs use these names too.
std::string_view way_out(const Found& found) {
  if (found.name.starts_with('/')) return {};
  switch (found.field) {
    case Field::type:
      return "; if it means something else, leave it out with --field type=/none";
    case Field::source:
      return "; if it means something else, leave it out with --field source=/none";
    case Field::time:
      return "; if it means something else, leave it out with --field time=/none";
    case Field::correlation_id:
      return "; if it means something else, leave it out with --field correlation_id=/none";
    case Field::causation_id:
      return "; if it means something else, leave it out with --field causation_id=/none";
    case Field::headers:
      return "; if it means something else, leave it out with --field headers=/none";
    default:
      return {};
  }
}

/// Reads a field that is there into `into`.
template <class Into, class Read>
Checked<void> take(Into& into, Checked<std::optional<Found>> found, Read read) {
  if (!found) return tl::unexpected(std::move(found).error());
  if (!*found) return {};
  auto value = read(**found);
  if (!value) return tl::unexpected(std::move(value).error().append(way_out(**found)));
  into = *value;
  return {};
}

Checked<std::string_view> read_url(const Found& found, TextStore& store) {
  auto url = read_text(found, url_most, store);
  if (url && url->empty()) return tl::unexpected(fmt::format("{} is empty", label(found)));
  return url;
}

}  // namespace

Checked<Arrival> LineParser::parse(std::string_view line, TextStore& store) {
  DISPATCH_ASSIGN(const auto object, parser_.parse(line));
  DISPATCH_TRY(read_members(object));

  const auto as_id = [&](const Found& found) { return read_id(found, store); };
  const auto as_text = [&](const Found& found) { return read_text(found, text_most, store); };
  const auto as_url = [&](const Found& found) { return read_url(found, store); };
  const auto as_sequence = [](const Found& found) { return read_sequence(found); };

  const auto find = [&](Field field, std::initializer_list<Name> others) {
    return this->find(field, object, others, store);
  };

  Arrival event;
  DISPATCH_TRY(take(event.event_id, find(Field::event_id, {Name::id}), as_id));
  if (event.event_id.empty()) {
    if (const auto& path = mapping_.of(Field::event_id))
      return tl::unexpected(fmt::format("event_id: there is nothing at {}", path->text));
    return tl::unexpected(
        std::string{"event_id and id are missing; --field event_id=/pointer names another place"});
  }
  if (is_cloud_event()) {
    DISPATCH_TRY(take(event.entity_id, find(Field::entity_id, {Name::partitionkey, Name::subject}), as_id));
    DISPATCH_TRY(take(event.sequence, find(Field::sequence_number, {Name::sequence}), as_sequence));
  } else {
    DISPATCH_TRY(take(event.entity_id, find(Field::entity_id, {}), as_id));
    DISPATCH_TRY(take(event.sequence, find(Field::sequence_number, {}), as_sequence));
  }
  DISPATCH_TRY(take(event.type, find(Field::type, {}), as_text));
  DISPATCH_TRY(take(event.source, find(Field::source, {}), as_text));
  DISPATCH_TRY(take(event.time, find(Field::time, {}), as_text));
  DISPATCH_TRY(take(event.correlation_id, find(Field::correlation_id, {}), as_id));
  DISPATCH_TRY(take(event.causation_id, find(Field::causation_id, {}), as_id));
  Headers headers;
  DISPATCH_TRY(take(headers, find(Field::headers, {}), read_headers));
  event.headers = headers.json;
  event.parent = headers.parent;
  if (!event.parent && is_cloud_event()) event.parent = parent_of_cloud_event();
  // In a line of another shape "url" is data like any other.
  if (mapping_.of(Field::url) || is_native()) DISPATCH_TRY(take(event.own_url, find(Field::url, {}), as_url));

  DISPATCH_ASSIGN(event.payload, payload(object, line, store));
  DISPATCH_TRY(check_required(event, line));
  return event;
}

Checked<void> LineParser::check_required(const Arrival& event, std::string_view line) const {
  const std::array<std::pair<Field, bool>, field_names.size()> there{{
      {Field::event_id, true},
      {Field::entity_id, event.entity_id.has_value()},
      {Field::sequence_number, event.sequence.has_value()},
      {Field::payload, event.payload.data() != line.data() || mapping_.of(Field::payload)},
      {Field::type, !event.type.empty()},
      {Field::source, !event.source.empty()},
      {Field::url, !event.own_url.empty()},
      {Field::time, !event.time.empty()},
      {Field::correlation_id, !event.correlation_id.empty()},
      {Field::causation_id, !event.causation_id.empty()},
      {Field::headers, !event.headers.empty()},
  }};
  for (const auto& [field, is_there] : there) {
    if (is_there || !mapping_.requires_field(field)) continue;
    const auto& path = mapping_.of(field);
    return tl::unexpected(fmt::format("there is no {}{}, which --require asks for", to_string(field),
                                      path ? " at " + path->text : ""));
  }
  return {};
}

Checked<void> LineParser::read_members(const Value& object) {
  members_.fill(std::nullopt);
  names_.clear();
  for_each_member(object, [&](std::string_view name, const Value& value) {
    names_.push_back(name);
    if (const auto field = std::find(field_names.begin(), field_names.end(), name);
        field != field_names.end())
      members_[static_cast<std::size_t>(field - field_names.begin())] = value;
    else if (const auto other = std::find(other_names.begin(), other_names.end(), name);
             other != other_names.end())
      members_[field_names.size() + static_cast<std::size_t>(other - other_names.begin())] = value;
  });
  if (const auto twice = find_twice(names_))
    return tl::unexpected(fmt::format("duplicate field {}", in_quotes(*twice)));
  return {};
}

bool LineParser::is_native() const {
  const auto& id = members_[static_cast<std::size_t>(Field::event_id)];
  return id && !id->is_null();
}

bool LineParser::is_cloud_event() const {
  const auto& version = members_[static_cast<std::size_t>(Name::specversion)];
  return version && version->string() == "1.0";
}

tracing::TraceContext LineParser::parent_of_cloud_event() const {
  const auto& attribute = members_[static_cast<std::size_t>(Name::traceparent)];
  if (!attribute) return {};
  return tracing::parse_traceparent(attribute->string()).value_or(tracing::TraceContext{});
}

Checked<std::optional<Found>> LineParser::find(Field field, const Value& object,
                                               std::initializer_list<Name> others, TextStore& store) const {
  if (mapping_.of(field)) return follow(field, object, store);
  const auto there = [&](const std::optional<Found>& found) {
    return found && (field == Field::payload || !found->value.is_null());
  };
  auto found = under(static_cast<std::size_t>(field), field);
  for (auto other = others.begin(); !there(found) && other != others.end(); ++other)
    found = under(static_cast<std::size_t>(*other), field);
  return there(found) ? found : std::nullopt;
}

Checked<std::optional<Found>> LineParser::follow(Field field, const Value& object, TextStore& store) const {
  const FieldPath& path = *mapping_.of(field);
  for (const auto& parts : path.alternatives) {
    auto found = parts.size() == 1 ? follow(field, parts.front(), object) : join(field, parts, object, store);
    if (!found) return tl::unexpected(std::move(found).error());
    if (!*found) continue;
    if (path.alternatives.size() == 1) (*found)->name = path.text;
    return found;
  }
  return std::nullopt;
}

Checked<std::optional<Found>> LineParser::join(Field field, const std::vector<JsonPointer>& parts,
                                               const Value& object, TextStore& store) const {
  std::string joined;
  std::optional<Found> last;
  for (const JsonPointer& pointer : parts) {
    auto part = follow(field, pointer, object);
    if (!part || !*part) return part;
    DISPATCH_ASSIGN(const auto id, read_id(**part, store));
    if (last) joined += '#';
    joined += id;
    last = *part;
  }
  last->joined = store.keep(joined);
  return last;
}

Checked<std::optional<Found>> LineParser::follow(Field field, const JsonPointer& pointer,
                                                 const Value& object) const {
  std::optional<Value> at = object;
  for (const auto& token : pointer.tokens) {
    auto next = step_into(*at, token);
    if (!next)
      return tl::unexpected(fmt::format("{} ({}): {}", to_string(field), pointer.text, next.error()));
    at = *next;
    if (!at) return std::nullopt;
  }
  if (at->is_null() && field != Field::payload) return std::nullopt;
  return Found{field, pointer.text, *at};
}

std::optional<Found> LineParser::under(std::size_t name, Field field) const {
  const auto& member = members_[name];
  if (!member) return std::nullopt;
  const auto spelled = name < field_names.size() ? field_names[name] : other_names[name - field_names.size()];
  return Found{field, spelled, *member};
}

Checked<std::string_view> LineParser::payload(const Value& object, std::string_view line,
                                              TextStore& store) const {
  const auto& path = mapping_.of(Field::payload);
  if (path && path->is_whole_line()) return line;
  if (is_cloud_event() && !path && !under(static_cast<std::size_t>(Field::payload), Field::payload)) {
    if (const auto encoded = under(static_cast<std::size_t>(Name::data_base64), Field::payload)) {
      if (under(static_cast<std::size_t>(Name::data), Field::payload))
        return tl::unexpected(
            std::string{"data and data_base64 are both given; an event can have only one of them"});
      return read_base64(*encoded, store);
    }
  }
  auto found = find(Field::payload, object, {Name::data}, store);
  if (!found) return tl::unexpected(std::move(found).error());
  if (*found) return (**found).value.raw;
  if (path) return tl::unexpected(fmt::format("payload: there is nothing at {}", path->text));
  return line;
}

}  // namespace dispatch::ingest
