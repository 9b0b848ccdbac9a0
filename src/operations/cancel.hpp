#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

namespace dispatch::operations {

/// Gives up, for ever, the deliveries that are meant and wait: pending ones, and those that wait for a retry.
/// Their lanes go on without them. What is in flight ends as it ends, and dead letters stay: both are counted
/// as left. The newest go first, so that none is sent because the one before it was given up. Misuse where
/// the journal does not know a name.
Result<Affected> cancel(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                        const OperationOptions& options = {});

}  // namespace dispatch::operations
