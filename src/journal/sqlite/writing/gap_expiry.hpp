#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <cstddef>
#include <optional>

namespace dispatch::journal {

/// Gives up gaps that have been open for too long.
class GapExpiry {
 public:
  GapExpiry(SQLite::Database& database, const TurnAccount& turn);

  /// Implements Journal::oldest_gap.
  std::optional<WallTime> oldest();

  /// Implements Transaction::give_up_gaps. The turn's deliveries must be written.
  GapCount give_up(WallTime until, WallTime now, std::size_t limit);

 private:
  LaneWakeups wakeups_;
  Statement oldest_, find_, skip_;
};

}  // namespace dispatch::journal
