#pragma once

#include "base/clock.hpp"
#include "event/outcome.hpp"
#include "flow/rules/delivery_policy.hpp"
#include "journal/rows.hpp"

#include <chrono>
#include <optional>

namespace dispatch::flow {

struct OutcomeDecision {
  journal::Settlement settlement;
  policy::Meaning meaning = policy::Meaning::retry;
  OutcomeKind kind = OutcomeKind::unknown;  ///< the kind to record
  /// How long nothing is sent to the destination from now on; nothing: it did not ask for time.
  std::optional<std::chrono::microseconds> hold = std::nullopt;
};

/// Decides what an outcome means for the delivery `row`, which was in flight; `row.attempts` counts this
/// attempt. `chance` in [0, 1) sets the jitter. Pure; the settlement borrows `outcome`.
///
/// A receiver that asks for time holds back its whole destination. With a Retry-After that spends no attempt,
/// for RetryPolicy::throttled_most from the first time on, and then it does, as it does without one.
OutcomeDecision decide_outcome(const journal::DeliveryRow& row, const Outcome& outcome,
                               const DeliveryPolicy& policy, journal::Orphans orphans, WallTime now,
                               double chance);

}  // namespace dispatch::flow
