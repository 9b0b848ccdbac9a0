#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

namespace dispatch::operations {

/// Sends the dead letters that are meant again, with their attempts forgiven. Misuse where the journal does
/// not know a name.
Result<Affected> release(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                         const OperationOptions& options = {});

/// Gives the dead letters that are meant up, for ever, so that their lanes go on. Errors as above.
Result<Affected> discard(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                         const OperationOptions& options = {});

}  // namespace dispatch::operations
