#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/intake/acceptance.hpp"
#include "flow/rules/options.hpp"
#include "journal/journal.hpp"

#include <cstddef>

namespace dispatch::flow {

/// Handles what the last owner left in flight: records each of these attempts with an unknown outcome, and
/// moves its delivery to retry_wait or to the dead letters, as RunOptions::orphans says. Also limits all
/// waits to the policy of this run, whatever the clock said when they began. Uses bounded transactions;
/// returns the number of those attempts.
Result<std::size_t> take_over(const Acceptance& context, const RunOptions& options,
                              const journal::Abandoned& left, WallTime now);

}  // namespace dispatch::flow
