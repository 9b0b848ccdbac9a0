#include "journal/sqlite/destinations.hpp"

namespace dispatch::journal {

Destinations::Destinations(SQLite::Database& database)
    : find_(database, "SELECT destination_no, outlet_no FROM destinations WHERE url = ?"),
      create_(database,
              "INSERT INTO destinations (outlet_no, url, first_position) VALUES (?, ?, ?) RETURNING "
              "destination_no"),
      find_outlet_(database, "SELECT outlet_no FROM outlets WHERE host = ?"),
      create_outlet_(database, "INSERT INTO outlets (host) VALUES (?) RETURNING outlet_no") {}

Destinations::Numbers Destinations::resolve(const Route& route, Position position) {
  if (const Numbers* known = known_.find(route.url)) return *known;
  if (auto rows = find_.rows(route.url); rows.next()) {
    return known_.put(route.url,
                      {.destination = DestinationNo{rows.integer(0)}, .outlet = OutletNo{rows.integer(1)}});
  }
  const OutletNo outlet = outlet_of(route.host);
  auto rows = create_.rows(outlet, route.url, position);
  rows.next();
  return known_.put(route.url, {.destination = DestinationNo{rows.integer(0)}, .outlet = outlet});
}

OutletNo Destinations::outlet_of(std::string_view host) {
  if (auto rows = find_outlet_.rows(host); rows.next()) return OutletNo{rows.integer(0)};
  auto rows = create_outlet_.rows(host);
  rows.next();
  return OutletNo{rows.integer(0)};
}

}  // namespace dispatch::journal
