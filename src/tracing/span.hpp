#pragma once

#include "base/clock.hpp"
#include "tracing/trace_context.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace dispatch::tracing {

/// The numbers are those of OpenTelemetry (trace.proto, Span.SpanKind).
enum class SpanKind : int { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

struct SpanAttribute {
  std::string_view key;
  std::variant<std::string_view, std::int64_t> value;
};

/// The attributes of one span at a time, used again for the next so that it allocates little. Used by one
/// thread.
class SpanAttributes {
 public:
  void clear() {
    all_.clear();
    texts_.clear();
  }
  /// Adds a text that is borrowed, unless it is empty.
  void add(std::string_view key, std::string_view text) {
    if (!text.empty()) all_.push_back({key, text});
  }
  void add(std::string_view key, std::int64_t number) { all_.push_back({key, number}); }
  /// Adds a text that lives no longer than the call, unless it is empty.
  void add_copy(std::string_view key, std::string text) {
    if (!text.empty()) all_.push_back({key, std::string_view{texts_.emplace_back(std::move(text))}});
  }
  std::span<const SpanAttribute> all() const { return all_; }

 private:
  std::vector<SpanAttribute> all_;
  std::deque<std::string> texts_;  ///< that were copied
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
