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

/// Numbers as in OpenTelemetry (trace.proto, Span.SpanKind).
enum class SpanKind : int { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

struct SpanAttribute {
  std::string_view key;
  std::variant<std::string_view, std::int64_t> value;
};

/// The attributes of one span; reused for the next span to save allocations. Used by one thread.
class SpanAttributes {
 public:
  void clear() {
    all_.clear();
    texts_.clear();
  }
  /// Adds a borrowed text, unless it is empty.
  void add(std::string_view key, std::string_view text) {
    if (!text.empty()) all_.push_back({key, text});
  }
  void add(std::string_view key, std::int64_t number) { all_.push_back({key, number}); }
  /// Adds a copy of a text, unless it is empty.
  void add_copy(std::string_view key, std::string text) {
    if (!text.empty()) all_.push_back({key, std::string_view{texts_.emplace_back(std::move(text))}});
  }
  std::span<const SpanAttribute> all() const { return all_; }

 private:
  std::vector<SpanAttribute> all_;
  std::deque<std::string> texts_;  ///< copied texts
};

/// One operation in a trace. Its texts are borrowed; its name and attribute keys must need no escaping in
/// JSON.
struct Span {
  TraceContext context;        ///< the trace, its own id, the flags
  SpanId parent{};             ///< parent span in the same trace; zero: none
  bool remote_parent = false;  ///< the parent is of another process
  std::string_view name;
  SpanKind kind = SpanKind::internal;
  WallTime from{}, until{};
  std::span<const SpanAttribute> attributes{};
  std::optional<SpanId> link{};  ///< another span of the same trace to link to
  bool failed = false;
  std::string_view why{};  ///< why it failed; may be empty
};

}  // namespace dispatch::tracing
