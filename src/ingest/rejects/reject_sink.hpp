#pragma once

#include "base/error.hpp"
#include "ingest/batch/batch.hpp"

#include <cstddef>
#include <span>

namespace dispatch::ingest {

/// Keeps rejected events, so that they can be corrected and read again: a file, the journal's queue, or the
/// caller of an API. Used by one thread.
class RejectSink {
 public:
  virtual ~RejectSink() = default;

  /// Keeps rejects, or the next pieces of one, in the order given. Returns how many were kept: fewer than
  /// given if the next one would exceed the limit; neither that one nor later ones are kept then. An error
  /// ends the run.
  virtual Result<std::size_t> keep(std::span<const Reject> rejects) = 0;

  /// Writes kept rejects to the disk, unless a transaction does that. Called before the commit of the events
  /// around them. Does nothing if nothing was kept since the last call.
  virtual Result<> flush() = 0;

  /// Ends a line whose last piece is missing because the input was stopped, and flushes. Called once, at the
  /// end.
  virtual Result<> finish() = 0;
};

}  // namespace dispatch::ingest
