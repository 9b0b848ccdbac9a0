#include "flow/rules/decide_outcome.hpp"

#include <algorithm>

namespace dispatch::flow {

using policy::Meaning;

OutcomeDecision decide_outcome(const journal::DeliveryRow& row, const Outcome& outcome,
                               const DeliveryPolicy& policy, journal::Orphans orphans, WallTime now,
                               double chance) {
  OutcomeDecision decision{{.key = row.key, .at = now, .outcome = &outcome}, Meaning::retry, outcome.kind};
  auto& settlement = decision.settlement;
  settlement.by = Transition::retry;
  if (outcome.kind == OutcomeKind::unknown) {  // nobody knows whether it failed: it costs no attempt
    settlement.forgive = true;
    if (orphans == journal::Orphans::hold) settlement.by = Transition::bury;
    settlement.due = now;
    return decision;
  }
  if (outcome.kind == OutcomeKind::withdrawn) {  // as though it had not been begun
    settlement.forgive = true;
    settlement.due = now;
    return decision;
  }
  decision.meaning = policy::classify(outcome, policy.statuses);
  if (decision.meaning == Meaning::success) {
    settlement.by = Transition::succeed;
    return decision;
  }
  if (decision.meaning == Meaning::exclude) {
    settlement.by = Transition::exclude;
    settlement.forgive = true;
    return decision;
  }
  if (decision.meaning == Meaning::repeat) {
    settlement.forgive = true;
    settlement.due = now + policy::backoff(policy.retry, row.forgiven + 1, chance, std::nullopt);
    return decision;
  }
  const bool throttled = decision.meaning == Meaning::throttled;
  if (throttled && outcome.retry_after) {
    decision.hold = std::min(*outcome.retry_after, policy.retry.retry_after_most);
    // A clock that was set back does not make it longer.
    const WallTime since = row.throttled_since == WallTime{} ? now : std::min(row.throttled_since, now);
    if (now - since < policy.retry.throttled_most) {
      decision.kind = OutcomeKind::throttled;
      settlement.forgive = true;
      settlement.throttled_since = since;
      settlement.due = now + *decision.hold;
      return decision;
    }
  }
  const unsigned failures = row.attempts - row.forgiven;
  const auto wait = policy::backoff(policy.retry, failures, chance, outcome.retry_after);
  if (throttled && !decision.hold) decision.hold = wait;
  if (decision.meaning == Meaning::dead || failures >= policy.retry.attempts)
    settlement.by = Transition::bury;
  else
    settlement.due = now + wait;
  return decision;
}

}  // namespace dispatch::flow
