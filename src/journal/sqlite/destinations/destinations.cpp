#include "journal/sqlite/destinations/destinations.hpp"

namespace dispatch::journal {

Destinations::Destinations(SQLite::Database& database)
    : find_(database, "SELECT destination_no FROM destinations WHERE outlet_no = ? AND url = ?"),
      create_(database,
              "INSERT INTO destinations (outlet_no, url, first_position) VALUES (?, ?, ?) RETURNING "
              "destination_no"),
      reach_down_(
          database,
          "UPDATE destinations SET first_position = ?1 WHERE destination_no = ?2 AND first_position > ?1"),
      find_outlet_(database, "SELECT outlet_no FROM outlets WHERE subscription_no = 0 AND host = ?"),
      find_subscribed_(database,
                       "SELECT outlet_no FROM outlets WHERE subscription_no = ? AND subscription_no > 0"),
      create_outlet_(database,
                     "INSERT INTO outlets (subscription_no, host) VALUES (?, ?) RETURNING outlet_no"),
      add_present_(database,
                   "INSERT OR IGNORE INTO destinations (outlet_no, url, first_position)"
                   " SELECT o.outlet_no, s.url, 0 FROM outlets o JOIN subscriptions s USING (subscription_no)"
                   "  WHERE o.subscription_no = ?"),
      lead_(database,
            "UPDATE outlets SET (host, present_destination_no) ="
            "   (SELECT s.host, t.destination_no FROM subscriptions s JOIN destinations t ON t.url = s.url"
            "     WHERE s.subscription_no = outlets.subscription_no AND t.outlet_no = outlets.outlet_no)"
            " WHERE subscription_no = ?") {}

Destinations::Numbers Destinations::resolve(const Route& route, Position position) {
  if (route.subscription == SubscriptionNo{}) {
    if (const Numbers* known = direct_.find(route.url)) return *known;
    return direct_.put(route.url, look_up(route, position));
  }
  Present& present = subscribed_[route.subscription];
  if (present.url != route.url) present = {std::string{route.url}, look_up(route, position)};
  return present.numbers;
}

std::optional<Destinations::Numbers> Destinations::find(const Route& route) {
  if (const Numbers* known = direct_.find(route.url)) return *known;
  const auto outlet = find_outlet(route);
  if (!outlet) return std::nullopt;
  auto rows = find_.rows(*outlet, route.url);
  if (!rows.next()) return std::nullopt;
  return direct_.put(route.url, {.destination = DestinationNo{rows.integer(0)}, .outlet = *outlet});
}

Destinations::Numbers Destinations::look_up(const Route& route, Position position) {
  if (const auto outlet = find_outlet(route))
    return {.destination = named(*outlet, route.url, position), .outlet = *outlet};
  OutletNo made;
  if (auto rows = create_outlet_.rows(route.subscription, route.host); rows.next())
    made = OutletNo{rows.integer(0)};
  const Numbers numbers{.destination = named(made, route.url, position), .outlet = made};
  if (route.subscription != SubscriptionNo{}) lead(route.subscription);
  return numbers;
}

DestinationNo Destinations::named(OutletNo outlet, std::string_view url, Position position) {
  if (auto rows = find_.rows(outlet, url); rows.next()) return DestinationNo{rows.integer(0)};
  auto rows = create_.rows(outlet, url, position);
  rows.next();
  return DestinationNo{rows.integer(0)};
}

std::optional<OutletNo> Destinations::find_outlet(const Route& route) {
  const bool direct = route.subscription == SubscriptionNo{};
  auto rows = direct ? find_outlet_.rows(route.host) : find_subscribed_.rows(route.subscription);
  if (!rows.next()) return std::nullopt;
  return OutletNo{rows.integer(0)};
}

void Destinations::lead(SubscriptionNo subscription) {
  add_present_.run(subscription);
  lead_.run(subscription);
}

void Destinations::reach_down(DestinationNo destination, Position position) {
  reach_down_.run(position, destination);
}

void Destinations::forget() {
  direct_.clear();
  subscribed_.clear();
}

}  // namespace dispatch::journal
