#pragma once

#include "event/ids.hpp"
#include "ingest/line/document.hpp"
#include "ingest/line/mapping.hpp"
#include "ingest/line/text_store.hpp"
#include "tracing/trace_context.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace dispatch::ingest {

/// What one field of a line must be. Limits in bytes of UTF-8.
inline constexpr std::size_t id_most = 255;     ///< event_id, entity_id, correlation_id, causation_id
inline constexpr std::size_t text_most = 1024;  ///< type, source, time: they travel in request headers
inline constexpr std::size_t url_most = 8192;
inline constexpr std::size_t headers_most = 8192;  ///< as they stand in the line
/// One below what 64 bits hold, so that every number has a next one.
inline constexpr std::int64_t sequence_most = std::numeric_limits<std::int64_t>::max() - 1;

/// A field as it was found. `name` is what the line calls it, or the path that led there.
struct Found {
  Field field;
  std::string_view name;
  Value value;
  std::string_view joined = {};  ///< an id that several parts were joined to, of which `value` is the last
};

/// What a field holds, or the reason why its line is rejected.
template <class T>
using Checked = tl::expected<T, std::string>;

/// How a reason names the field: "id", "event_id (/delivery/guid)".
std::string label(const Found& found);
/// `text` from the line as a reason quotes it: as a JSON string, so that nothing in it can reach a terminal,
/// cut where long.
std::string in_quotes(std::string_view text);

/// A string of at most `most` bytes without control characters; empty is allowed.
Checked<std::string_view> read_text(const Found& found, std::size_t most, TextStore& store);

/// A string of 1 to 255 bytes without control characters, or an integer, which then is its digits.
Checked<std::string_view> read_id(const Found& found, TextStore& store);

/// A whole number from 0, or a string of digits that says one, with leading zeros or without.
Checked<SequenceNumber> read_sequence(const Found& found);

/// The bytes that a base64 string stands for.
Checked<std::string_view> read_base64(const Found& found, TextStore& store);

struct Headers {
  std::string_view json;              ///< the object as it stands; empty where it has no members
  tracing::TraceContext parent = {};  ///< what `traceparent` says; none where it is not there, or not valid
};

/// An object of strings. Its names are header names (RFC 9110), each there once, none of them one that
/// dispatch or HTTP itself sets.
Checked<Headers> read_headers(const Found& found);

}  // namespace dispatch::ingest
