#include "operations/cancel.hpp"

#include "operations/walk.hpp"

namespace dispatch::operations {

Result<Affected> cancel(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                        const OperationOptions& options) {
  const Operation cancelling{.changes = {DeliveryState::pending, DeliveryState::retry_wait},
                             .counts = {DeliveryState::in_flight, DeliveryState::dead_letter},
                             .newest_first = true,
                             .change = [](journal::Transaction& transaction, auto deliveries, WallTime now) {
                               return transaction.cancel(deliveries, now);
                             }};
  return carry_out(cancelling, journal, clock, meant, options);
}

}  // namespace dispatch::operations
