#include "telemetry/observers.hpp"

#include <algorithm>

namespace dispatch::telemetry {

void Observers::committed(const flow::CommittedTurn& turn) {
  for (flow::Observer* observer : all_) observer->committed(turn);
}

bool Observers::wants_stories() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto* observer) { return observer->wants_stories(); });
}

bool Observers::wants_entries() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto* observer) { return observer->wants_entries(); });
}

}  // namespace dispatch::telemetry
