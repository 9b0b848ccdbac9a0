#pragma once

#include "journal/rows.hpp"
#include "tracing/trace_context.hpp"

namespace dispatch::journal {

/// The trace context for the request of one attempt: a span of its own, the same each time it is computed.
/// Empty if the event has no trace.
tracing::TraceContext trace_of_attempt(const tracing::TraceContext& event, const DeliveryKey& delivery,
                                       unsigned attempt);

}  // namespace dispatch::journal
