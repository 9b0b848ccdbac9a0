#pragma once

#include "event/arrival.hpp"
#include "ingest/line/document.hpp"
#include "ingest/line/fields.hpp"
#include "ingest/line/mapping.hpp"
#include "ingest/line/text_store.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Parses one line as an event, by the rules of dispatch-events(5). Used by one thread.
class LineParser {
 public:
  explicit LineParser(Mapping mapping) : mapping_(std::move(mapping)) {}

  /// Returns the event, or the reason to reject the line. The event borrows from `line` and `store`.
  /// `frame_padding` bytes behind `line` must be readable.
  Checked<Arrival> parse(std::string_view line, TextStore& store);

 private:
  /// The names that are searched at the top level of a line: first the native ones in the order of Field,
  /// then others.
  enum class Name : std::size_t {
    id = field_names.size(),
    data,
    data_base64,
    specversion,
    partitionkey,
    subject,
    sequence,
    traceparent,
    count
  };
  static constexpr std::array<std::string_view, 8> other_names{
      "id", "data", "data_base64", "specversion", "partitionkey", "subject", "sequence", "traceparent"};

  /// Sorts the members of the line by name. A duplicate name is a reason to reject the line.
  Checked<void> read_members(const Value& object);
  /// True if the line has an "event_id".
  bool is_native() const;
  bool is_cloud_event() const;
  /// The CloudEvents extension for distributed tracing; empty if the attribute is missing or invalid.
  tracing::TraceContext parent_of_cloud_event() const;

  /// Finds a field: at its mapped place if it has one; otherwise under its native name, or else under the
  /// first of `others` that is present. A null counts as absent, except for payloads.
  Checked<std::optional<Found>> find(Field field, const Value& object, std::initializer_list<Name> others,
                                     TextStore& store) const;
  Checked<std::optional<Found>> follow(Field field, const Value& object, TextStore& store) const;
  Checked<std::optional<Found>> follow(Field field, const JsonPointer& pointer, const Value& object) const;
  Checked<std::optional<Found>> join(Field field, const std::vector<JsonPointer>& parts, const Value& object,
                                     TextStore& store) const;
  Checked<void> check_required(const Arrival& event, std::string_view line) const;
  std::optional<Found> under(std::size_t name, Field field) const;

  Checked<std::string_view> payload(const Value& object, std::string_view line, TextStore& store) const;

  Mapping mapping_;
  DocumentParser parser_;
  std::array<std::optional<Value>, static_cast<std::size_t>(Name::count)> members_;
  std::vector<std::string_view> names_;
};

}  // namespace dispatch::ingest
