#pragma once

#include "base/random.hpp"
#include "ingest/batch.hpp"
#include "policy/sampler.hpp"

#include <memory>

namespace dispatch::flow {

/// Gives each arriving event its place in a distributed trace: the one that its own headers say it comes
/// from, else a new one. Used by one thread.
class Tracer {
 public:
  /// Ids are made by `random`.
  Tracer(const policy::Sampler& sampler, std::unique_ptr<Random> random)
      : sampler_(sampler), random_(std::move(random)) {}

  /// Sets Arrival::trace of all. The span is a new one, that in which the event is taken in; the flags are
  /// what the sampler says.
  void trace(ingest::Batch& batch);

 private:
  policy::Sampler sampler_;
  std::unique_ptr<Random> random_;
};

}  // namespace dispatch::flow
