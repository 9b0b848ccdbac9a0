#include "journal/sqlite/destinations/waits.hpp"

namespace dispatch::journal {
namespace {

/// A clock that goes back by less makes waits longer by no more than that.
constexpr std::chrono::seconds clock_set_least{1};

}  // namespace

// ?1 is now, ?2 the longest wait, ?3 from when an attempt ended in the future, which is before the clock was
// set back.
Waits::Waits(SQLite::Database& database)
    : bound_(
          database,
          "UPDATE deliveries SET state_at ="
          "  ?1 + min(?2, state_at - CASE WHEN began_at + took BETWEEN ?3 AND state_at THEN began_at + took"
          "                               ELSE ?1 END)"
          " WHERE state = 2 AND state_at IS NOT NULL AND state_at > ?1"
          "   AND (state_at - ?1 > ?2 OR began_at + took BETWEEN ?3 AND state_at)"),
      move_(database,
            "UPDATE deliveries SET state_at = min(state_at + ?1, ?2 + ?3),"
            "                      throttled_since = throttled_since + ?1"
            " WHERE state = 2 AND state_at IS NOT NULL") {}

std::int64_t Waits::bound(WallTime now, std::chrono::microseconds longest) {
  return bound_.run(now, longest, now + clock_set_least);
}

std::int64_t Waits::move(std::chrono::microseconds by, WallTime now, std::chrono::microseconds longest) {
  return move_.run(by, now, longest);
}

}  // namespace dispatch::journal
