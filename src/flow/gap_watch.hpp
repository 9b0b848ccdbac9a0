#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "policy/gap_patience.hpp"

#include <optional>

namespace dispatch::flow {

/// Gives up gaps that have been open for the maximum wait. Used by the dispatcher's thread, inside its turn.
class GapWatch {
 public:
  /// `patience` is the maximum wait; nothing: gaps are never given up.
  explicit GapWatch(const std::optional<std::chrono::microseconds>& patience) {
    if (patience) patience_.emplace(*patience);
  }

  /// Gives up the gaps that are due, so that deliveries behind them may go in this turn. Returns what was
  /// given up.
  Result<journal::GapCount> give_up(journal::Journal& journal, journal::Transaction& transaction,
                                    WallTime now, SteadyTime steady);
  /// When the next gap may have to be given up; nothing: no gap is open, or gaps are never given up.
  std::optional<SteadyTime> due() const { return patience_ ? patience_->due() : std::nullopt; }

 private:
  std::optional<policy::GapPatience> patience_;
};

}  // namespace dispatch::flow
