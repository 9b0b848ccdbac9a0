#include "journal/sqlite/writing/gap_expiry.hpp"

#include "base/fail_point.hpp"

#include <utility>
#include <vector>

namespace dispatch::journal {

GapExpiry::GapExpiry(SQLite::Database& database, const TurnAccount& turn)
    : wakeups_(database, turn),
      oldest_(database,
              "SELECT since FROM gaps INDEXED BY gaps_open WHERE skipped_at IS NULL ORDER BY since LIMIT 1"),
      find_(database,
            "SELECT entity_no, first_missing, last_missing FROM gaps INDEXED BY gaps_open"
            " WHERE skipped_at IS NULL AND since <= ? ORDER BY since LIMIT ?"),
      skip_(database,
            "UPDATE gaps SET skipped_at = ?, skipped_by = 2 WHERE entity_no = ? AND first_missing = ?") {}

std::optional<WallTime> GapExpiry::oldest() {
  auto rows = oldest_.rows();
  if (!rows.next()) return std::nullopt;
  return from_stored(rows.integer(0));
}

GapCount GapExpiry::give_up(WallTime until, WallTime now, std::size_t limit) {
  std::vector<std::pair<EntityNo, Gap>> gaps;
  {
    auto rows = find_.rows(until, static_cast<std::int64_t>(limit));
    while (rows.next())
      gaps.push_back({EntityNo{rows.integer(0)}, {.first = rows.integer(1), .last = rows.integer(2)}});
  }
  GapCount count;
  for (const auto& [entity, gap] : gaps) {
    skip_.run(now, entity, gap.first);
    fail_point(FailPoint::gap_given_up);
    wakeups_.past_gap(entity, gap, Verb::gap_given_up, now);
    ++count.gaps;
    count.numbers += gap.last - gap.first + 1;
  }
  return count;
}

}  // namespace dispatch::journal
