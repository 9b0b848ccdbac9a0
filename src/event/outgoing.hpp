#pragma once

#include "base/clock.hpp"
#include "event/event.hpp"
#include "event/subscription.hpp"
#include "tracing/trace_context.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace dispatch {

/// All that a transport needs to make one attempt of one delivery of an event, whose payload is sent exactly
/// as it is.
struct Outgoing : Event {
  std::uint64_t ticket = 0;  ///< names the attempt within this process; comes back with its outcome
  std::uint32_t host = 0;  ///< equal for equal hosts, counted from 0: what the limit of connections counts by
  std::string url;
  unsigned attempt = 1;         ///< counted over the delivery's whole life
  std::int64_t generation = 0;  ///< above 0: a replay
  WallTime began{};
  tracing::TraceContext trace =
      {};  ///< the span of this request, in the event's trace; none where the event has none
  tracing::SpanId ingest = {};  ///< the span in which the event was taken in, where there is a trace
  WallTime accepted{};          ///< when the event was
  std::shared_ptr<const Subscription> subscription;  ///< null: a direct delivery
  /// False where the policy of the delivery gives that status another meaning than that the receiver asks for
  /// time.
  bool throttled_by_429 = true, throttled_by_503 = true;
  /// The latest time at which the attempt may begin, as where this process may send only for so long: it must
  /// have ended before somebody else sends in its place. Nothing: whenever it can.
  std::optional<SteadyTime> not_after = std::nullopt;

  bool others_wait = false;  ///< when it is sent: other attempts wait to be sent to its host

  bool may_begin(SteadyTime now) const { return !not_after || now <= *not_after; }
};

}  // namespace dispatch
