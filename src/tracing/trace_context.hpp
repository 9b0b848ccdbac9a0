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

/// A place in a distributed trace (W3C Trace Context): the trace, and a span in it, either the current one or
/// its parent.
struct TraceContext {
  TraceId trace{};
  SpanId span{};
  std::uint8_t flags = 0;

  static constexpr std::uint8_t sampled_flag = 0x01;

  /// True if the creator of the span may have recorded it.
  bool sampled() const { return (flags & sampled_flag) != 0; }
  /// False without a trace, which means that its id is all zero.
  explicit operator bool() const { return trace != TraceId{}; }
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

/// Parses a `traceparent` header (W3C Recommendation of 2021): lower-case hex only, no id of zeros, no
/// version ff. For versions above 00 the first four parts are used, and more may follow after a dash. Returns
/// nothing if it is invalid; then ignore the header and start a new trace.
std::optional<TraceContext> parse_traceparent(std::string_view header);

/// The header in version 00, 55 characters: "00-<trace id>-<span id>-<flags>".
std::string traceparent(const TraceContext& context);

/// An id as 32 or 16 lower-case hex digits.
std::string hex(const TraceId& id);
std::string hex(const SpanId& id);

/// Random bytes that make the traces of one journal differ from those of all others.
using TraceSeed = std::array<std::uint8_t, 16>;

/// The context of the trace that begins with the event `event_id`, the same each time it is computed: the
/// trace id is XXH3 (128 bits) of the seed and the id, the span id XXH3 (64 bits, seed 1) of the same;
/// neither is zero.
TraceContext started_trace(const TraceSeed& seed, std::string_view event_id, std::uint8_t flags);

/// The id of a child span of `context`; `numbers` distinguish it from the other children. The same each time
/// and in every process, never zero: XXH3 (64 bits) of both ids, then of each number with the previous result
/// as the seed.
SpanId derived_span(const TraceContext& context, std::span<const std::int64_t> numbers);

}  // namespace dispatch::tracing
