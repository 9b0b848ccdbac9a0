#include "tracing/trace_context.hpp"

#include <algorithm>
#include <cstddef>

#include <xxhash.h>

namespace dispatch::tracing {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// Where the parts of the header begin, and what it is long.
constexpr std::size_t trace_at = 3, span_at = 36, flags_at = 53, header_size = 55;

/// Reads two hex_digits for each byte.
bool read_hex(std::string_view text, std::span<std::uint8_t> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    const auto high = hex_digits.find(text[2 * i]), low = hex_digits.find(text[2 * i + 1]);
    if (high == hex_digits.npos || low == hex_digits.npos) return false;
    into[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

void write_hex(std::span<const std::uint8_t> bytes, char* into) {
  for (const std::uint8_t byte : bytes) {
    *into++ = hex_digits[byte >> 4];
    *into++ = hex_digits[byte & 15];
  }
}

template <class Id>
std::string hex_of(const Id& id) {
  std::string text(2 * id.size(), '\0');
  write_hex(id, text.data());
  return text;
}

/// Big-endian, so that the hex of an id is that of the number.
void put(std::uint64_t number, std::uint8_t* into) {
  for (int i = 7; i >= 0; --i, number >>= 8) into[i] = static_cast<std::uint8_t>(number);
}

std::uint64_t not_zero(std::uint64_t number) {
  return number == 0 ? 1 : number;
}

SpanId span_of(std::uint64_t number) {
  SpanId id;
  put(number, id.data());
  return id;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  if (header.size() < header_size) return std::nullopt;
  for (const std::size_t dash : {trace_at - 1, span_at - 1, flags_at - 1})
    if (header[dash] != '-') return std::nullopt;

  std::array<std::uint8_t, 1> version, flags;
  TraceContext context;
  if (!read_hex(header.substr(0, 2), version) || !read_hex(header.substr(trace_at), context.trace) ||
      !read_hex(header.substr(span_at), context.span) || !read_hex(header.substr(flags_at), flags))
    return std::nullopt;
  if (version[0] == 0xFF || context.trace == TraceId{} || context.span == SpanId{}) return std::nullopt;
  const bool more = header.size() > header_size;
  if (more && (version[0] == 0 || header[header_size] != '-')) return std::nullopt;
  context.flags = flags[0];
  return context;
}

std::string traceparent(const TraceContext& context) {
  std::string header(header_size, '-');
  const std::array<std::uint8_t, 1> version{0}, flags{context.flags};
  write_hex(version, header.data());
  write_hex(context.trace, &header[trace_at]);
  write_hex(context.span, &header[span_at]);
  write_hex(flags, &header[flags_at]);
  return header;
}

std::string hex(const TraceId& id) {
  return hex_of(id);
}

std::string hex(const SpanId& id) {
  return hex_of(id);
}

TraceContext started_trace(const TraceSeed& seed, std::string_view event_id, std::uint8_t flags) {
  std::string text{seed.begin(), seed.end()};
  text += event_id;
  const auto trace = XXH3_128bits(text.data(), text.size());
  TraceContext context{.span = span_of(not_zero(XXH3_64bits_withSeed(text.data(), text.size(), 1))),
                       .flags = flags};
  put(trace.high64, &context.trace[0]);
  put(not_zero(trace.low64), &context.trace[8]);
  return context;
}

SpanId derived_span(const TraceContext& context, std::span<const std::int64_t> numbers) {
  std::array<std::uint8_t, 24> ids;
  std::copy(context.trace.begin(), context.trace.end(), ids.begin());
  std::copy(context.span.begin(), context.span.end(), ids.begin() + 16);
  std::uint64_t hash = XXH3_64bits(ids.data(), ids.size());
  for (const std::int64_t number : numbers) {
    std::array<std::uint8_t, 8> bytes;
    put(static_cast<std::uint64_t>(number), bytes.data());
    hash = XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash);
  }
  return span_of(not_zero(hash));
}

}  // namespace dispatch::tracing
