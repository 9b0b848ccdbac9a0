#pragma once

#include "ingest/batch/batch.hpp"
#include "tracing/sampler.hpp"
#include "tracing/trace_context.hpp"

namespace dispatch::flow {

/// Gives each arriving event its place in a distributed trace: the one that its own headers say it comes
/// from, else a new one. Used by one thread.
class Tracer {
 public:
  /// `seed` is the journal's (Journal::trace_seed).
  Tracer(const tracing::Sampler& sampler, const tracing::TraceSeed& seed) : sampler_(sampler), seed_(seed) {}

  /// Sets Arrival::trace of all. The span is that in which the event is taken in; the flags are what the
  /// sampler says.
  void trace(ingest::Batch& batch);

 private:
  tracing::Sampler sampler_;
  tracing::TraceSeed seed_;
};

}  // namespace dispatch::flow
