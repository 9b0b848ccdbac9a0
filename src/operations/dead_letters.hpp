#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

namespace dispatch::operations {

/// Sends the selected dead letters again and forgives their attempts. An unknown name in the filter is
/// misuse.
Result<Affected> release(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                         const OperationOptions& options = {});

/// Discards the selected dead letters, which cannot be undone, so that their lanes go on. Errors as above.
Result<Affected> discard(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                         const OperationOptions& options = {});

}  // namespace dispatch::operations
