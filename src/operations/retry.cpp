#include "operations/retry.hpp"

#include "operations/walk.hpp"

#include <set>

namespace dispatch::operations {

Result<Retried> retry(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                      const OperationOptions& options) {
  DISPATCH_ASSIGN(const auto circuits, journal.circuits());
  std::set<DestinationNo> open;
  for (const auto& circuit : circuits)
    if (!circuit.half_open) open.insert(circuit.destination);

  const WallTime now = clock.wall();
  DISPATCH_ASSIGN(const auto throttles, journal.throttles());
  std::set<DestinationNo> held;
  for (const auto& throttle : throttles)
    if (throttle.hold_until > now) held.insert(throttle.destination);

  Retried retried;
  const Operation retrying{.changes = {DeliveryState::pending, DeliveryState::retry_wait},
                           .counts = {DeliveryState::in_flight, DeliveryState::dead_letter},
                           // By position, so that what fails again meanwhile is not met again.
                           .newest_first = true,
                           .change = [](journal::Transaction& transaction, auto deliveries,
                                        WallTime at) { return transaction.retry_now(deliveries, at); },
                           .wanted =
                               [&](const journal::SelectedDelivery& delivery) {
                                 const bool first_of_circuit = open.erase(delivery.row.destination) > 0;
                                 if (first_of_circuit) ++retried.circuits;
                                 const bool first_of_hold = held.erase(delivery.row.destination) > 0;
                                 if (first_of_hold) ++retried.holds;
                                 const bool waits_for_time =
                                     delivery.row.state == DeliveryState::retry_wait &&
                                     delivery.row.state_at > now;
                                 return first_of_circuit || first_of_hold || waits_for_time;
                               }};
  DISPATCH_ASSIGN(retried.affected, carry_out(retrying, journal, clock, meant, options));
  return retried;
}

}  // namespace dispatch::operations
