#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

namespace dispatch::operations {

/// Cancels the selected deliveries that are pending or in retry_wait; that cannot be undone. Their lanes go
/// on without them. Deliveries in flight and dead letters are left unchanged and counted. The newest are
/// cancelled first, so that none is sent because its predecessor was cancelled. An unknown name in the filter
/// is misuse.
Result<Affected> cancel(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                        const OperationOptions& options = {});

}  // namespace dispatch::operations
