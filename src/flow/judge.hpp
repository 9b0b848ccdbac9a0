#pragma once

#include "base/clock.hpp"
#include "event/outcome.hpp"
#include "flow/terms.hpp"
#include "journal/rows.hpp"

namespace dispatch::flow {

struct Judgement {
  journal::Settlement settlement;
  policy::Meaning meaning = policy::Meaning::retry;
};

/// What an outcome leads to for the delivery `row`, which was in flight with `row.attempts` counting this
/// attempt. `chance` in [0, 1) is the jitter's. Pure; the settlement borrows `outcome`.
Judgement judge(const journal::DeliveryRow& row, const Outcome& outcome, const Terms& terms,
                journal::Orphans orphans, WallTime now, double chance);

}  // namespace dispatch::flow
