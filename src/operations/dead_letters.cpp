#include "operations/dead_letters.hpp"

#include "operations/walk.hpp"

namespace dispatch::operations {

Result<Affected> release(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                         const OperationOptions& options) {
  const Operation releasing{.changes = {DeliveryState::dead_letter},
                            .change = [](journal::Transaction& transaction, auto deliveries, WallTime now) {
                              return transaction.release(deliveries, now);
                            }};
  return carry_out(releasing, journal, clock, meant, options);
}

Result<Affected> discard(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                         const OperationOptions& options) {
  const Operation discarding{.changes = {DeliveryState::dead_letter},
                             .change = [](journal::Transaction& transaction, auto deliveries, WallTime now) {
                               return transaction.discard(deliveries, now);
                             }};
  return carry_out(discarding, journal, clock, meant, options);
}

}  // namespace dispatch::operations
