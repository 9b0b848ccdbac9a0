#include "journal/sqlite/destinations/circuits.hpp"

namespace dispatch::journal {

Circuits::Circuits(SQLite::Database& database)
    : put_(database, "INSERT OR REPLACE INTO circuits (destination_no, half_open, since) VALUES (?, ?, ?)"),
      remove_(database, "DELETE FROM circuits WHERE destination_no = ?"),
      all_(database, "SELECT destination_no, half_open, since FROM circuits ORDER BY destination_no") {}

void Circuits::save(std::span<const CircuitRow> changed, std::span<const DestinationNo> closed) {
  for (const auto& [destination, half_open, since] : changed) put_.run(destination, half_open, since);
  for (const DestinationNo destination : closed) remove_.run(destination);
}

std::vector<CircuitRow> Circuits::all() {
  std::vector<CircuitRow> circuits;
  auto rows = all_.rows();
  while (rows.next()) {
    circuits.push_back({.destination = DestinationNo{rows.integer(0)},
                        .half_open = rows.integer(1) != 0,
                        .since = from_stored(rows.integer(2))});
  }
  return circuits;
}

}  // namespace dispatch::journal
