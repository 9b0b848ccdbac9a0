#pragma once

#include "event/event.hpp"
#include "tracing/trace_context.hpp"

#include <span>
#include <string_view>

namespace dispatch {

/// Where an arriving event is to go. `host` is the host name of `url`, lower case, without the port.
/// Borrowed.
struct Route {
  std::string_view url;
  std::string_view host;
  SubscriptionNo subscription = {};  ///< that asked for it; 0: the event's own url, or --to
};

/// One event to be appended; without a sequence number it takes the next one of its entity. Everything is
/// borrowed and must outlive the call; absent texts are empty.
struct Arrival : EventView {
  std::string_view own_url = {};  ///< the line's own url; part of what makes two events the same
  std::string_view input = {};    ///< it came by: the absolute path of a file, "-"; empty: not to be recorded
  tracing::TraceContext parent =
      {};  ///< what its own headers say: the span that made it; none: they say nothing
  tracing::TraceContext trace = {};  ///< the span in which it is taken in; none: it is not traced
  std::span<const Route> routes =
      {};  ///< a delivery is made for each; none: the event is recorded as unmatched
};

}  // namespace dispatch
