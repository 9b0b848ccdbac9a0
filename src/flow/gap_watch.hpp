#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "policy/gap_patience.hpp"

#include <optional>

namespace dispatch::flow {

/// Gives up the gaps that a run has waited for long enough. Used by the dispatcher's thread, inside its turn.
class GapWatch {
 public:
  /// Without `patience` gaps are waited for without an end.
  explicit GapWatch(const std::optional<std::chrono::microseconds>& patience) {
    if (patience) patience_.emplace(*patience);
  }

  /// What waits behind these gaps may go in this turn. Returns what was given up.
  Result<journal::GapCount> give_up(journal::Journal& journal, journal::Transaction& transaction,
                                    WallTime now, SteadyTime steady);
  /// When the next one is to be given up.
  std::optional<SteadyTime> due() const { return patience_ ? patience_->due() : std::nullopt; }

 private:
  std::optional<policy::GapPatience> patience_;
};

}  // namespace dispatch::flow
