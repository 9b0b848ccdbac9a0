#include "journal/sqlite/destinations/throttles.hpp"

namespace dispatch::journal {

Throttles::Throttles(SQLite::Database& database)
    : put_(database,
           "INSERT OR REPLACE INTO throttles (destination_no, hold_until, millihertz, doubles)"
           " VALUES (?, ?, ?, ?)"),
      remove_(database, "DELETE FROM throttles WHERE destination_no = ?"),
      all_(database,
           "SELECT destination_no, hold_until, millihertz, doubles FROM throttles ORDER BY destination_no") {}

void Throttles::save(std::span<const ThrottleRow> changed, std::span<const DestinationNo> over) {
  for (const auto& [destination, hold_until, millihertz, doubles] : changed)
    put_.run(destination, hold_until, millihertz, doubles);
  for (const DestinationNo destination : over) remove_.run(destination);
}

std::vector<ThrottleRow> Throttles::all() {
  std::vector<ThrottleRow> throttles;
  auto rows = all_.rows();
  while (rows.next())
    throttles.push_back({.destination = DestinationNo{rows.integer(0)},
                         .hold_until = from_stored(rows.integer(1)),
                         .millihertz = rows.integer(2),
                         .doubles = rows.integer(3) != 0});
  return throttles;
}

}  // namespace dispatch::journal
