#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/intake/acceptance.hpp"
#include "flow/rules/options.hpp"
#include "journal/journal.hpp"

#include <cstddef>

namespace dispatch::flow {

/// A new owner takes over what the last one left in flight when it ended: the outcome of each of these
/// attempts is unknown, and its delivery waits for a retry, or is held, as RunOptions::orphans says. And
/// nothing waits longer than this run's policy allows, whatever the clock said when the wait began. In
/// bounded transactions; returns the number of those attempts.
Result<std::size_t> take_over(const Acceptance& context, const RunOptions& options,
                              const journal::Abandoned& left, WallTime now);

}  // namespace dispatch::flow
