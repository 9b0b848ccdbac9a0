#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statement.hpp"
#include "journal/sqlite/streams.hpp"
#include "journal/sqlite/turn_account.hpp"

#include <optional>

namespace dispatch::journal {

/// The verbs of the table actions. The numbers never change their meaning.
enum class Verb : std::int64_t { release = 0, discard = 1, gap_skip = 2, gap_closed = 3 };

/// Wakes the lanes that waited for a gap. Writes rows of the table actions.
class Wakes {
 public:
  Wakes(SQLite::Database& database, const TurnAccount& turn);

  /// For each lane of the entity, the first delivery above `gap` that is not done and that no further open
  /// gap holds back may go now. Where there is none, one row without a delivery keeps the trail.
  void past_gap(EntityNo entity, const Gap& gap, Verb verb, WallTime now);

 private:
  const TurnAccount& turn_;
  Statement next_gap_, events_between_, deliveries_of_, destinations_, add_;
};

}  // namespace dispatch::journal
