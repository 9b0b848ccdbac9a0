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
  /// How long to send nothing to the destination; nothing: it did not ask for time.
  std::optional<std::chrono::microseconds> hold = std::nullopt;
};

/// Decides what an outcome means for the delivery `row`, which was in flight; `row.attempts` includes this
/// attempt. `chance` in [0, 1) sets the jitter. Pure function; the settlement borrows `outcome`.
///
/// A receiver that asks for time holds back its whole destination. An attempt answered with Retry-After does
/// not count against the limit until RetryPolicy::throttled_most has passed since the first one; later ones
/// count, like those without Retry-After.
OutcomeDecision decide_outcome(const journal::DeliveryRow& row, const Outcome& outcome,
                               const DeliveryPolicy& policy, journal::Orphans orphans, WallTime now,
                               double chance);

}  // namespace dispatch::flow
