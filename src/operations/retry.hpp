#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/manner.hpp"

#include <cstdint>

namespace dispatch::operations {

struct Retried {
  Affected affected;          ///< what is tried now: retries, and a delivery for each circuit that is probed
  std::int64_t circuits = 0;  ///< that were open and are half-open
};

/// Lets the deliveries that are meant be tried now that wait for a time: retries that are due later become
/// due, and open circuits of the destinations of what is meant become half-open, so that they are probed at
/// once. No attempt is forgiven. Misuse where the journal does not know a name.
Result<Retried> retry(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                      const Manner& manner = {});

}  // namespace dispatch::operations
