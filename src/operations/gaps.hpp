#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "journal/journal_reader.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace dispatch::operations {

/// Gaps that were skipped, or would be.
struct SkippedGaps {
  std::int64_t gaps = 0;
  std::int64_t numbers = 0;  ///< that were missing
};

/// Counts the open gaps that are at least `age` old at `now`, of every entity from the lowest up to the first
/// that is not: what lies above a gap that stays must go on waiting. Without `age`, all open gaps. A gap that
/// began after `now`, by a clock that was set back since, counts as old enough.
Result<SkippedGaps> count_gaps(const journal::JournalReader& reader,
                               std::optional<std::chrono::microseconds> age, WallTime now);

/// Skips them, some in each transaction, also while a run is on. A gap of which the first number arrives
/// meanwhile is left, and so are those above it that are not old enough.
Result<SkippedGaps> skip_gaps(const journal::JournalReader& reader, journal::Journal& journal,
                              std::optional<std::chrono::microseconds> age, const Clock& clock);

}  // namespace dispatch::operations
