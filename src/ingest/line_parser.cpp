#include "ingest/line_parser.hpp"

#include <algorithm>
#include <charconv>

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
    if (times > 1) return tl::unexpected(fmt::format("the field {} stands there twice", in_quotes(token)));
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

/// Reads a field that is there into `into`.
template <class Into, class Read>
Checked<void> take(Into& into, Checked<std::optional<Found>> found, Read read) {
  if (!found) return tl::unexpected(std::move(found).error());
  if (!*found) return {};
  auto value = read(**found);
  if (!value) return tl::unexpected(std::move(value).error());
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
  const auto object = parser_.parse(line);
  if (!object) return tl::unexpected(object.error());
  DISPATCH_TRY(read_members(*object));

  const auto as_id = [&](const Found& found) { return read_id(found, store); };
  const auto as_text = [&](const Found& found) { return read_text(found, text_most, store); };
  const auto as_url = [&](const Found& found) { return read_url(found, store); };
  const auto as_sequence = [](const Found& found) { return read_sequence(found, found.name == "sequence"); };

  Arrival event;
  DISPATCH_TRY(take(event.event_id, find(Field::event_id, *object, {Name::id}), as_id));
  if (event.event_id.empty()) {
    if (const auto& pointer = mapping_.of(Field::event_id))
      return tl::unexpected(fmt::format("event_id: there is nothing at {}", pointer->text));
    return tl::unexpected(
        std::string{"neither event_id nor id is there; --field event_id=/pointer names another place"});
  }
  if (is_cloud_event()) {
    DISPATCH_TRY(
        take(event.entity_id, find(Field::entity_id, *object, {Name::partitionkey, Name::subject}), as_id));
    DISPATCH_TRY(take(event.sequence, find(Field::sequence_number, *object, {Name::sequence}), as_sequence));
  } else {
    DISPATCH_TRY(take(event.entity_id, find(Field::entity_id, *object, {}), as_id));
    DISPATCH_TRY(take(event.sequence, find(Field::sequence_number, *object, {}), as_sequence));
  }
  DISPATCH_TRY(take(event.type, find(Field::type, *object, {}), as_text));
  DISPATCH_TRY(take(event.source, find(Field::source, *object, {}), as_text));
  DISPATCH_TRY(take(event.time, find(Field::time, *object, {}), as_text));
  DISPATCH_TRY(take(event.correlation_id, find(Field::correlation_id, *object, {}), as_id));
  DISPATCH_TRY(take(event.causation_id, find(Field::causation_id, *object, {}), as_id));
  Headers headers;
  DISPATCH_TRY(take(headers, find(Field::headers, *object, {}), read_headers));
  event.headers = headers.json;
  event.parent = headers.parent;
  if (!event.parent && is_cloud_event()) event.parent = parent_of_cloud_event();
  DISPATCH_TRY(take(event.own_url, find(Field::url, *object, {}), as_url));

  auto bytes = payload(*object, line, store);
  if (!bytes) return tl::unexpected(std::move(bytes).error());
  event.payload = *bytes;
  return event;
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
    return tl::unexpected(fmt::format("the field {} stands there twice", in_quotes(*twice)));
  return {};
}

bool LineParser::is_cloud_event() const {
  const auto& version = members_[static_cast<std::size_t>(Name::specversion)];
  return version && version->string() == "1.0";
}

TraceContext LineParser::parent_of_cloud_event() const {
  const auto& attribute = members_[static_cast<std::size_t>(Name::traceparent)];
  if (!attribute) return {};
  return parse_traceparent(attribute->string()).value_or(TraceContext{});
}

Checked<std::optional<Found>> LineParser::find(Field field, const Value& object,
                                               std::initializer_list<Name> others) const {
  if (mapping_.of(field)) return follow(field, object);
  const auto there = [&](const std::optional<Found>& found) {
    return found && (field == Field::payload || !found->value.is_null());
  };
  auto found = under(static_cast<std::size_t>(field), field);
  for (auto other = others.begin(); !there(found) && other != others.end(); ++other)
    found = under(static_cast<std::size_t>(*other), field);
  return there(found) ? found : std::nullopt;
}

Checked<std::optional<Found>> LineParser::follow(Field field, const Value& object) const {
  const JsonPointer& pointer = *mapping_.of(field);
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
  const auto& pointer = mapping_.of(Field::payload);
  if (pointer && pointer->tokens.empty()) return line;
  if (is_cloud_event() && !pointer && !under(static_cast<std::size_t>(Field::payload), Field::payload)) {
    if (const auto encoded = under(static_cast<std::size_t>(Name::data_base64), Field::payload)) {
      if (under(static_cast<std::size_t>(Name::data), Field::payload))
        return tl::unexpected(
            std::string{"data and data_base64 are both there; an event can have only one of them"});
      return read_base64(*encoded, store);
    }
  }
  auto found = find(Field::payload, object, {Name::data});
  if (!found) return tl::unexpected(std::move(found).error());
  if (*found) return (**found).value.raw;
  if (pointer) return tl::unexpected(fmt::format("payload: there is nothing at {}", pointer->text));
  return line;
}

}  // namespace dispatch::ingest
