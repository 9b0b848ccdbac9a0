#pragma once

#include "journal/rows.hpp"
#include "tracing/trace_context.hpp"

namespace dispatch::journal {

/// The place of one attempt's request in the trace of its event: a span of its own, the same whenever it is
/// computed. No trace where the event has none.
tracing::TraceContext trace_of_attempt(const tracing::TraceContext& event, const DeliveryKey& delivery,
                                       unsigned attempt);

}  // namespace dispatch::journal
