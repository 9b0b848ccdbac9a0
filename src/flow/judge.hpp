#pragma once

#include "base/clock.hpp"
#include "event/outcome.hpp"
#include "flow/options.hpp"
#include "journal/rows.hpp"

namespace dispatch::flow {

/// What an outcome leads to for the delivery `row`, which was in flight with `row.attempts` counting this
/// attempt. `chance` in [0, 1) is the jitter's. Pure; the settlement borrows `outcome`.
journal::Settlement judge(const journal::DeliveryRow& row, const Outcome& outcome, const RunOptions& options,
                          WallTime now, double chance);

}  // namespace dispatch::flow
