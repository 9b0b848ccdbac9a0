#include "flow/intake/staged_input.hpp"

namespace dispatch::flow {

std::vector<std::shared_ptr<const AcceptedEvent>> StagedInput::take_accepted_events(
    WallTime now, std::chrono::nanoseconds commit) {
  for (const auto& accepted_event : accepted_events) {
    accepted_event->committed = now;
    accepted_event->staged = now - std::chrono::duration_cast<std::chrono::microseconds>(commit);
  }
  std::vector<std::shared_ptr<const AcceptedEvent>> ended{accepted_events.begin(), accepted_events.end()};
  accepted_events.clear();
  return ended;
}

}  // namespace dispatch::flow
