#include "journal/sqlite/destinations.hpp"

namespace dispatch::journal {

Destinations::Destinations(SQLite::Database& database)
    : find_(database, "SELECT destination_no FROM destinations WHERE outlet_no = ? AND url = ?"),
      create_(database,
              "INSERT INTO destinations (outlet_no, url, first_position) VALUES (?, ?, ?) RETURNING "
              "destination_no"),
      reach_down_(
          database,
          "UPDATE destinations SET first_position = ?1 WHERE destination_no = ?2 AND first_position > ?1"),
      find_outlet_(database, "SELECT outlet_no FROM outlets WHERE subscription_no = ? AND host = ?"),
      create_outlet_(database,
                     "INSERT INTO outlets (subscription_no, host) VALUES (?, ?) RETURNING outlet_no") {}

Destinations::Numbers Destinations::resolve(const Route& route, Position position) {
  if (route.subscription == SubscriptionNo{}) {
    if (const Numbers* known = direct_.find(route.url)) return *known;
    return direct_.put(route.url, look_up(route, position));
  }
  Present& present = subscribed_[route.subscription];
  if (present.url != route.url) present = {std::string{route.url}, look_up(route, position)};
  return present.numbers;
}

Destinations::Numbers Destinations::look_up(const Route& route, Position position) {
  const OutletNo outlet = outlet_of(route);
  if (auto rows = find_.rows(outlet, route.url); rows.next())
    return {.destination = DestinationNo{rows.integer(0)}, .outlet = outlet};
  auto rows = create_.rows(outlet, route.url, position);
  rows.next();
  return {.destination = DestinationNo{rows.integer(0)}, .outlet = outlet};
}

OutletNo Destinations::outlet_of(const Route& route) {
  if (auto rows = find_outlet_.rows(route.subscription, route.host); rows.next())
    return OutletNo{rows.integer(0)};
  auto rows = create_outlet_.rows(route.subscription, route.host);
  rows.next();
  return OutletNo{rows.integer(0)};
}

void Destinations::reach_down(DestinationNo destination, Position position) {
  reach_down_.run(position, destination);
}

void Destinations::forget() {
  direct_.clear();
  subscribed_.clear();
}

}  // namespace dispatch::journal
