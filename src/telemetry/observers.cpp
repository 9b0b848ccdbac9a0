#include "telemetry/observers.hpp"

#include <algorithm>

namespace dispatch::telemetry {

void Observers::committed(const flow::CommittedTurn& turn) {
  for (flow::Observer* observer : all_) observer->committed(turn);
}

bool Observers::wants_attempt_traces() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto* observer) { return observer->wants_attempt_traces(); });
}

bool Observers::wants_accepted_events() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto* observer) { return observer->wants_accepted_events(); });
}

}  // namespace dispatch::telemetry
