#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::tracing {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

/// Where something stands in a distributed trace (W3C Trace Context): the trace, and the span that it is, or
/// that is its parent.
struct TraceContext {
  TraceId trace{};
  SpanId span{};
  std::uint8_t flags = 0;

  static constexpr std::uint8_t sampled_flag = 0x01;

  /// Whoever made the span may have recorded it.
  bool sampled() const { return (flags & sampled_flag) != 0; }
  /// False where there is no trace: its id is all zero.
  explicit operator bool() const { return trace != TraceId{}; }
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

/// Reads a `traceparent` header by the W3C Recommendation of 2021: lower-case hex alone, no id of zeros, no
/// version ff. Of versions above 00 the first four parts count, and more may follow after a dash. What is
/// none is nothing: the header is to be passed over, and a new trace started.
std::optional<TraceContext> parse_traceparent(std::string_view header);

/// The header in version 00, 55 characters: "00-<trace id>-<span id>-<flags>".
std::string traceparent(const TraceContext& context);

/// An id as it is written: 32 or 16 lower-case hex digits.
std::string hex(const TraceId& id);
std::string hex(const SpanId& id);

/// What the traces that one journal starts differ by from those of all others: chance.
using TraceSeed = std::array<std::uint8_t, 16>;

/// The place in a trace that `event_id` begins, the same whenever it is computed: the trace is XXH3 (128
/// bits) of the seed and the id, the span XXH3 (64 bits, seed 1) of the same; neither is zero.
TraceContext started_trace(const TraceSeed& seed, std::string_view event_id, std::uint8_t flags);

/// The id of a span below that of `context`, which the numbers tell from its other children: the same however
/// often and by whichever process it is computed, never zero. XXH3 (64 bits) of both ids, then of each number
/// with the result so far as the seed.
SpanId derived_span(const TraceContext& context, std::span<const std::int64_t> numbers);

}  // namespace dispatch::tracing
