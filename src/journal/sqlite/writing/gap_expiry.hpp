#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <cstddef>
#include <optional>

namespace dispatch::journal {

/// Gives up gaps that a run has waited for.
class GapExpiry {
 public:
  GapExpiry(SQLite::Database& database, const TurnAccount& turn);

  /// Journal::oldest_gap.
  std::optional<WallTime> oldest();

  /// Transaction::give_up_gaps; the turn's deliveries are written.
  GapCount give_up(WallTime until, WallTime now, std::size_t limit);

 private:
  LaneWakeups wakeups_;
  Statement oldest_, find_, skip_;
};

}  // namespace dispatch::journal
