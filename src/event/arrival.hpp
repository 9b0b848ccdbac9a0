#pragma once

#include "event/event.hpp"
#include "tracing/trace_context.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace dispatch {

/// A destination of an arriving event. `host` is the host name in `url`, lower case, without the port.
/// Borrowed.
struct Route {
  std::string_view url;
  std::string_view host;
  SubscriptionNo subscription = {};  ///< the one that selected the event; 0: the event's own URL, or --to
};

/// An event to append. Without a sequence number it gets the next one of its entity. Everything is borrowed
/// and must outlive the call. Absent texts are empty.
struct Arrival : EventView {
  std::string_view own_url = {};      ///< the URL in the line; part of the event's content
  std::string_view input = {};        ///< the absolute path of its file, or "-"; empty: not recorded
  tracing::TraceContext parent = {};  ///< the trace context in its own headers; empty: none
  tracing::TraceContext trace = {};   ///< the span of accepting it; empty: it is not traced
  /// True if the journal's seed and the event id give `trace` (tracing::started_trace), false if not;
  /// nothing: the journal finds out.
  std::optional<bool> starts_trace = {};
  /// journal::content_digest() of this arrival; nothing: the journal computes it. Set it last: it must match.
  std::optional<std::int64_t> digest = {};
  std::span<const Route> routes = {};  ///< each gets a delivery; empty: the event is recorded as unmatched
};

}  // namespace dispatch
