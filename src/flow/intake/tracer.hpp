#pragma once

#include "ingest/batch/batch.hpp"
#include "tracing/sampler.hpp"
#include "tracing/trace_context.hpp"

namespace dispatch::flow {

/// Gives each arriving event its trace context: a child of the context in its own headers, otherwise a new
/// trace. Used by one thread.
class Tracer {
 public:
  /// `seed` is the journal's (Journal::trace_seed).
  Tracer(const tracing::Sampler& sampler, const tracing::TraceSeed& seed) : sampler_(sampler), seed_(seed) {}

  /// Sets Arrival::trace and starts_trace of all arrivals. The span covers taking in the event; the sampler
  /// decides the flags.
  void trace(ingest::Batch& batch);

 private:
  tracing::Sampler sampler_;
  tracing::TraceSeed seed_;
};

}  // namespace dispatch::flow
