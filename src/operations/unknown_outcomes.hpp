#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/operation_options.hpp"

#include <cstdint>

namespace dispatch::operations {

/// Acknowledges the unknown outcomes of the attempts that are meant, so that nothing names them any more; the
/// deliveries stay as they are. Returns how many attempts; with OperationOptions::dry_run how many there are.
/// Misuse where the journal does not know a name.
Result<std::int64_t> acknowledge(journal::Journal& journal, const Clock& clock,
                                 const journal::DeliveryFilter& meant, const OperationOptions& options = {});

}  // namespace dispatch::operations
