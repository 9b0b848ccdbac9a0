#pragma once

#include "base/clock.hpp"
#include "event/event.hpp"
#include "event/subscription.hpp"
#include "tracing/trace_context.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace dispatch {

/// Everything that a transport needs for one attempt of one delivery of an event. Owns its data, so that it
/// can be passed between threads.
struct Outgoing : Event {
  std::uint64_t ticket = 0;  ///< identifies the attempt within this process; returned with its outcome
  std::uint32_t host = 0;    ///< identifies the host, from 0; RequestLimits::per_host counts by it
  std::string url;
  unsigned attempt = 1;         ///< its number since the delivery was made, from 1
  std::int64_t generation = 0;  ///< above 0: a replay
  WallTime began{};
  tracing::TraceContext trace =
      {};  ///< the span of this request in the event's trace; empty if the event has none
  tracing::SpanId ingest = {};                       ///< the span of accepting the event, if there is a trace
  WallTime accepted{};                               ///< when the event was accepted
  std::shared_ptr<const Subscription> subscription;  ///< null: a direct delivery
  /// False if, in the delivery's policy, that status does not mean that the receiver asks for time.
  bool throttled_by_429 = true, throttled_by_503 = true;
  /// The deadline for starting the attempt, for a process that may send only for a limited time: the attempt
  /// must end before another process sends in its place. Nothing: no deadline.
  std::optional<SteadyTime> not_after = std::nullopt;

  bool others_wait = false;  ///< set when it is sent: other attempts are waiting for its host

  bool may_begin(SteadyTime now) const { return !not_after || now <= *not_after; }
};

}  // namespace dispatch
