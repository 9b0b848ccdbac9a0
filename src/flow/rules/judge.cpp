#include "flow/rules/judge.hpp"

#include <algorithm>

namespace dispatch::flow {

using policy::Meaning;

Judgement judge(const journal::DeliveryRow& row, const Outcome& outcome, const Terms& terms,
                journal::Orphans orphans, WallTime now, double chance) {
  Judgement judgement{{.key = row.key, .at = now, .outcome = &outcome}, Meaning::retry, outcome.kind};
  auto& settlement = judgement.settlement;
  settlement.by = Transition::retry;
  if (outcome.kind == OutcomeKind::unknown) {  // nobody knows whether it failed: it costs no attempt
    settlement.forgive = true;
    if (orphans == journal::Orphans::hold) settlement.by = Transition::bury;
    settlement.due = now;
    return judgement;
  }
  if (outcome.kind == OutcomeKind::withdrawn) {  // as though it had not been begun
    settlement.forgive = true;
    settlement.due = now;
    return judgement;
  }
  judgement.meaning = policy::classify(outcome, terms.statuses);
  if (judgement.meaning == Meaning::success) {
    settlement.by = Transition::succeed;
    return judgement;
  }
  if (judgement.meaning == Meaning::exclude) {
    settlement.by = Transition::exclude;
    settlement.forgive = true;
    return judgement;
  }
  if (judgement.meaning == Meaning::repeat) {
    settlement.forgive = true;
    settlement.due = now + policy::backoff(terms.retry, row.forgiven + 1, chance, std::nullopt);
    return judgement;
  }
  const bool throttled = judgement.meaning == Meaning::throttled;
  if (throttled && outcome.retry_after) {
    judgement.hold = std::min(*outcome.retry_after, terms.retry.retry_after_most);
    // A clock that was set back does not make it longer.
    const WallTime since = row.throttled_since == WallTime{} ? now : std::min(row.throttled_since, now);
    if (now - since < terms.retry.throttled_most) {
      judgement.kind = OutcomeKind::throttled;
      settlement.forgive = true;
      settlement.throttled_since = since;
      settlement.due = now + *judgement.hold;
      return judgement;
    }
  }
  const unsigned failures = row.attempts - row.forgiven;
  const auto wait = policy::backoff(terms.retry, failures, chance, outcome.retry_after);
  if (throttled && !judgement.hold) judgement.hold = wait;
  if (judgement.meaning == Meaning::dead || failures >= terms.retry.attempts)
    settlement.by = Transition::bury;
  else
    settlement.due = now + wait;
  return judgement;
}

}  // namespace dispatch::flow
