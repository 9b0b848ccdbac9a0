#pragma once

#include "base/error.hpp"
#include "base/random.hpp"
#include "delivery/transport.hpp"
#include "flow/intake/acceptance.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/rules/options.hpp"
#include "journal/roster.hpp"

#include <cstdint>
#include <memory>

namespace dispatch::flow {

/// The result of a run that did not fail.
struct RunResult {
  enum class How {
    finished,     ///< the input has ended and nothing is left that can move
    interrupted,  ///< it was told to stop; what is left is in the journal
  } how = How::finished;
  /// Deliveries not done: all of the journal's, or where it followed with input of its own, those of its own
  /// events.
  std::int64_t remaining = 0;
  bool followed = false;  ///< another process dispatched, to the end
};

/// What a run needs besides.
struct RunContext : Acceptance {
  delivery::Transport& transport;  ///< reports to the inbox
  Random& random;
  journal::Roster& roster;  ///< joined when the run begins, left when it has ended
};

/// The main job, from the first event taken in to the last outcome committed: as the journal's owner, or,
/// while another process is that, by appending and following. Returns when the input has ended and nothing is
/// left that can move, or when the inbox was told to drain or to abort and what was under way has ended. An
/// error is a failure of the journal: nothing was sent that is not in it, and a rerun continues.
/// `shared_stats` may be read meanwhile.
Result<RunResult> run(const RunContext& context, const RunOptions& options, SharedStats& shared_stats);

/// Accept only: appends what the inbox brings until the input has ended.
Result<RunResult> accept(const Acceptance& context, const RunOptions& options, SharedStats& shared_stats);

}  // namespace dispatch::flow
