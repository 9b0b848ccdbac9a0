#pragma once

#include "base/clock.hpp"
#include "tracing/trace_context.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace dispatch::tracing {

/// The numbers are those of OpenTelemetry (trace.proto, Span.SpanKind).
enum class SpanKind : int { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

struct SpanAttribute {
  std::string_view key;
  std::variant<std::string_view, std::int64_t> value;
};

/// One stretch of work in a trace. Its texts are borrowed; its name and the keys of its attributes need no
/// escaping in JSON.
struct Span {
  TraceContext context;        ///< the trace, its own id, the flags
  SpanId parent{};             ///< in the same trace; zero: it is the first
  bool remote_parent = false;  ///< which somebody else made
  std::string_view name;
  SpanKind kind = SpanKind::internal;
  WallTime from{}, until{};
  std::span<const SpanAttribute> attributes{};
  std::optional<SpanId> link{};  ///< another span of the same trace that it belongs to
  bool failed = false;
  std::string_view why{};  ///< where it failed; may be empty
};

}  // namespace dispatch::tracing
