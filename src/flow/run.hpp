#pragma once

#include "base/error.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/rules/options.hpp"
#include "flow/run_context.hpp"

#include <cstdint>

namespace dispatch::flow {

/// The result of a run without an error.
struct RunResult {
  enum class How {
    finished,     ///< the input has ended, and nothing is left that can go on
    interrupted,  ///< it was stopped; the journal has the rest
  } how = How::finished;
  /// Deliveries that are not done: of the whole journal, or, if the run followed another process and had
  /// input, of its own events.
  std::int64_t remaining = 0;
  bool followed = false;  ///< true: another process dispatched until the end
};

/// Runs until the input has ended and nothing is left that can go on, or until the inbox asks to drain or
/// abort and requests under way have ended. The process dispatches as the journal's owner; while another
/// process is the owner it appends and follows. An error is a failure of the journal: everything that was
/// sent is recorded in it, and a rerun continues. Other threads may read `shared_stats` meanwhile.
Result<RunResult> run(const RunContext& context, const RunOptions& options, SharedStats& shared_stats);

/// Only accepts: appends what the inbox brings until the input has ended.
Result<RunResult> accept(const Acceptance& context, const RunOptions& options, SharedStats& shared_stats);

}  // namespace dispatch::flow
