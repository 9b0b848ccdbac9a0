#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "journal/journal_reader.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace dispatch::operations {

/// Gaps that were skipped, or would be in a dry run.
struct SkippedGaps {
  std::int64_t gaps = 0;
  std::int64_t numbers = 0;  ///< missing sequence numbers in them
};

/// Counts the open gaps that are at least `age` old at `now`. In each entity it counts from the lowest gap up
/// to the first that is too young, because what is above a remaining gap must wait anyway. Without `age` it
/// counts all open gaps. A gap that seems to begin after `now`, because the clock was set back, counts as old
/// enough.
Result<SkippedGaps> count_gaps(const journal::JournalReader& reader,
                               std::optional<std::chrono::microseconds> age, WallTime now);

/// Skips these gaps in several transactions, also while a run is active. If the first number of a gap arrives
/// meanwhile, that gap stays, and so do younger ones above it.
Result<SkippedGaps> skip_gaps(const journal::JournalReader& reader, journal::Journal& journal,
                              std::optional<std::chrono::microseconds> age, const Clock& clock);

}  // namespace dispatch::operations
