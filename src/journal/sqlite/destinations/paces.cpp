#include "journal/sqlite/destinations/paces.hpp"

namespace dispatch::journal {

Paces::Paces(SQLite::Database& database)
    : put_(database, "INSERT OR REPLACE INTO paces (destination_no, not_before) VALUES (?, ?)"),
      remove_(database, "DELETE FROM paces WHERE destination_no = ?"),
      all_(database, "SELECT destination_no, not_before FROM paces ORDER BY destination_no") {}

void Paces::save(std::span<const PaceRow> changed, std::span<const DestinationNo> over) {
  for (const auto& [destination, not_before] : changed) put_.run(destination, not_before);
  for (const DestinationNo destination : over) remove_.run(destination);
}

std::vector<PaceRow> Paces::all() {
  std::vector<PaceRow> paces;
  auto rows = all_.rows();
  while (rows.next())
    paces.push_back(
        {.destination = DestinationNo{rows.integer(0)}, .not_before = from_stored(rows.integer(1))});
  return paces;
}

}  // namespace dispatch::journal
