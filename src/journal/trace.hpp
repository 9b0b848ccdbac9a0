#pragma once

#include "base/trace_context.hpp"
#include "journal/rows.hpp"

namespace dispatch::journal {

/// The place of one attempt's request in the trace of its event: a span of its own, the same whenever it is
/// computed. No trace where the event has none.
TraceContext trace_of_attempt(const TraceContext& event, const DeliveryKey& delivery, unsigned attempt);

}  // namespace dispatch::journal
