#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

#include <cstdint>

namespace dispatch::operations {

struct Retried {
  Affected affected;          ///< what is tried now: retries, and a delivery for each circuit and each hold
  std::int64_t circuits = 0;  ///< that were open and are half-open
  std::int64_t holds = 0;     ///< of receivers that asked for time: they are over
};

/// Lets the deliveries that are meant be tried now that wait for a time: retries that are due later become
/// due, and open circuits of the destinations of what is meant become half-open, so that they are probed at
/// once, and holds of receivers that asked for time end. No attempt is forgiven. Misuse where the journal
/// does not know a name.
Result<Retried> retry(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                      const OperationOptions& options = {});

}  // namespace dispatch::operations
