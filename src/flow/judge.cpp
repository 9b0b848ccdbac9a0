#include "flow/judge.hpp"

namespace dispatch::flow {

journal::Settlement judge(const journal::DeliveryRow& row, const Outcome& outcome, const RunOptions& options,
                          WallTime now, double chance) {
  journal::Settlement settlement{.key = row.key, .at = now, .outcome = &outcome};
  if (outcome.kind == OutcomeKind::unknown) {  // nobody knows whether it failed: it costs no attempt
    settlement.forgive = true;
    settlement.by = options.orphans == journal::Orphans::retry ? Transition::retry : Transition::bury;
    settlement.due = now;
    return settlement;
  }
  if (outcome.kind == OutcomeKind::withdrawn) {  // as though it had not been begun
    settlement.forgive = true;
    settlement.by = Transition::retry;
    settlement.due = now;
    return settlement;
  }
  switch (policy::classify(outcome, options.statuses)) {
    case policy::Meaning::success:
      settlement.by = Transition::succeed;
      return settlement;
    case policy::Meaning::dead:
      settlement.by = Transition::bury;
      return settlement;
    case policy::Meaning::retry:
      break;
  }
  const unsigned failures = row.attempts - row.forgiven;
  if (failures >= options.retry.attempts) {
    settlement.by = Transition::bury;
  } else {
    settlement.by = Transition::retry;
    settlement.due = now + policy::backoff(options.retry, failures, chance, outcome.retry_after);
  }
  return settlement;
}

}  // namespace dispatch::flow
