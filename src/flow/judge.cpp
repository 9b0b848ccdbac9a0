#include "flow/judge.hpp"

namespace dispatch::flow {

Judgement judge(const journal::DeliveryRow& row, const Outcome& outcome, const Terms& terms,
                journal::Orphans orphans, WallTime now, double chance) {
  Judgement judgement{{.key = row.key, .at = now, .outcome = &outcome}, policy::Meaning::retry};
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
  if (judgement.meaning == policy::Meaning::success) {
    settlement.by = Transition::succeed;
    return judgement;
  }
  if (judgement.meaning == policy::Meaning::exclude) {
    settlement.by = Transition::exclude;
    settlement.forgive = true;
    return judgement;
  }
  if (judgement.meaning == policy::Meaning::repeat) {
    settlement.forgive = true;
    settlement.due = now + policy::backoff(terms.retry, row.forgiven + 1, chance, std::nullopt);
    return judgement;
  }
  const unsigned failures = row.attempts - row.forgiven;
  if (judgement.meaning == policy::Meaning::dead || failures >= terms.retry.attempts)
    settlement.by = Transition::bury;
  else
    settlement.due = now + policy::backoff(terms.retry, failures, chance, outcome.retry_after);
  return judgement;
}

}  // namespace dispatch::flow
