#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "journal/ledger.hpp"

#include <cstdint>

namespace dispatch::operations {

/// Gaps that were skipped, or would be.
struct SkippedGaps {
  std::int64_t gaps = 0;
  std::int64_t numbers = 0;  ///< that were missing
};

/// The open gaps that are there since `until` or longer, of every entity from the lowest up to the first that
/// is not: what lies above a gap that stays must go on waiting.
Result<SkippedGaps> count_gaps(const journal::Ledger& ledger, WallTime until);

/// Skips them, some in each transaction, also while a run is on.
Result<SkippedGaps> skip_gaps(const journal::Ledger& ledger, journal::Journal& journal, WallTime until,
                              const Clock& clock);

}  // namespace dispatch::operations
