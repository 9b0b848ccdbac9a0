#pragma once

#include "flow/rules/commit_limits.hpp"

#include <cstddef>

namespace dispatch::flow {

/// How much of the journal a run holds in memory at a time. Memory depends on these limits, not on the
/// backlog.
struct WindowLimits {
  std::size_t lanes_per_queue = 128;  ///< lanes with items, for one delivery queue
  std::size_t lanes = 4096;           ///< lanes in all, idle ones included
  std::size_t items_per_lane = 64;
  std::size_t rows_per_turn = 2048;  ///< rows read by scans in one turn
  std::size_t wakeups_per_turn = 256;

  /// Minimum number of deliveries that may wait at the limiter of a destination with an open circuit or a
  /// rate. A rate may let up to `waiting_most` wait.
  std::size_t waiting_least = 16;
  std::size_t waiting_most = 64;

  std::size_t queues_kept = 4096;  ///< idle queues that are kept in memory

  /// Limits suited to a run: each permit has some lanes waiting for it, so that no permit waits for the
  /// journal.
  static WindowLimits suiting(const CommitLimits& commits);
};

}  // namespace dispatch::flow
