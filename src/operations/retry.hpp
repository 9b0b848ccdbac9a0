#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

#include <cstdint>

namespace dispatch::operations {

struct Retried {
  Affected affected;  ///< deliveries to try now: retries, and one delivery for each circuit and each hold
  std::int64_t circuits = 0;  ///< open circuits that became half-open
  std::int64_t holds = 0;     ///< holds that were ended, of receivers that asked for time
};

/// Tries the selected waiting deliveries now: retries become due, open circuits of the destinations become
/// half-open and are probed at once, and holds of receivers that asked for time end. Attempts are not
/// forgiven. An unknown name in the filter is misuse.
Result<Retried> retry(journal::Journal& journal, const Clock& clock, const journal::DeliveryFilter& meant,
                      const OperationOptions& options = {});

}  // namespace dispatch::operations
