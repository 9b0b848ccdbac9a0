#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/operation_options.hpp"

#include <cstdint>

namespace dispatch::operations {

/// Acknowledges the unknown outcomes of the selected attempts, so that listings no longer report them; the
/// deliveries do not change. Returns the number of attempts; with OperationOptions::dry_run the number that
/// would be acknowledged. An unknown name in the filter is misuse.
Result<std::int64_t> acknowledge(journal::Journal& journal, const Clock& clock,
                                 const journal::DeliveryFilter& meant, const OperationOptions& options = {});

}  // namespace dispatch::operations
