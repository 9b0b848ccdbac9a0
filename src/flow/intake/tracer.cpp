#include "flow/intake/tracer.hpp"

#include <optional>

namespace dispatch::flow {

void Tracer::trace(ingest::Batch& batch) {
  for (Arrival& arrival : batch.arrivals) {
    const auto parent = arrival.parent ? std::optional{arrival.parent} : std::nullopt;
    tracing::TraceContext& trace = arrival.trace;
    trace = tracing::started_trace(seed_, arrival.event_id, 0);
    if (parent) trace.trace = parent->trace;
    arrival.starts_trace = !parent;
    trace.flags =
        sampler_.samples(trace.trace, parent) ? tracing::TraceContext::sampled_flag : std::uint8_t{0};
  }
}

}  // namespace dispatch::flow
