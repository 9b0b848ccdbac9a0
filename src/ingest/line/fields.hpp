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

/// Limits of the fields of a line, in bytes of UTF-8.
inline constexpr std::size_t id_most = 255;     ///< event_id, entity_id, correlation_id, causation_id
inline constexpr std::size_t text_most = 1024;  ///< type, source, time: they become request headers
inline constexpr std::size_t url_most = 8192;
inline constexpr std::size_t headers_most = 8192;  ///< as written in the line
/// One less than the largest 64-bit number, so that every number has a successor.
inline constexpr std::int64_t sequence_most = std::numeric_limits<std::int64_t>::max() - 1;

/// A field that was found. `name` is its name in the line, or the path to it.
struct Found {
  Field field;
  std::string_view name;
  Value value;
  std::string_view joined = {};  ///< an id joined from several parts; `value` is the last part
};

/// The content of a field, or the reason to reject its line.
template <class T>
using Checked = tl::expected<T, std::string>;

/// The name of the field in reasons: "id", "event_id (/delivery/guid)".
std::string label(const Found& found);
/// Quotes `text` from the line for a reason: as a JSON string, so that it cannot affect a terminal, and
/// shortened.
std::string in_quotes(std::string_view text);

/// A string of at most `most` bytes without control characters; empty is allowed.
Checked<std::string_view> read_text(const Found& found, std::size_t most, TextStore& store);

/// A string of 1 to 255 bytes without control characters, or an integer, whose digits become the id.
Checked<std::string_view> read_id(const Found& found, TextStore& store);

/// A whole number from 0, or a string of its digits, with or without leading zeros.
Checked<SequenceNumber> read_sequence(const Found& found);

/// The decoded bytes of a base64 string.
Checked<std::string_view> read_base64(const Found& found, TextStore& store);

struct Headers {
  std::string_view json;              ///< the object as written; empty if it has no members
  tracing::TraceContext parent = {};  ///< the context in `traceparent`; empty if it is missing or invalid
};

/// An object of strings. Its names must be valid header names (RFC 9110), without duplicates, and none that
/// dispatch or HTTP itself sets.
Checked<Headers> read_headers(const Found& found);

}  // namespace dispatch::ingest
