#pragma once

#include "base/error.hpp"
#include "ingest/batch/batch.hpp"

#include <cstddef>
#include <span>

namespace dispatch::ingest {

/// The seam to what keeps rejected events, so that they can be mended and fed back: a file, the journal's
/// queue, or the caller of an API, who is told and keeps it himself. Used by one thread.
class RejectSink {
 public:
  virtual ~RejectSink() = default;

  /// Keeps rejects, or the next pieces of one, in the order given, and returns how many: fewer than given
  /// where the next one would be more than it may hold. Neither that one nor what follows is kept then. An
  /// error ends the run.
  virtual Result<std::size_t> keep(std::span<const Reject> rejects) = 0;

  /// Brings what was kept to the disk, where that is not left to a transaction. Called before the commit of
  /// the events around them. Does nothing where nothing was kept since.
  virtual Result<> flush() = 0;

  /// Ends a line whose last piece never came, as the input was stopped, and flushes. Called once, at the end.
  virtual Result<> finish() = 0;
};

}  // namespace dispatch::ingest
