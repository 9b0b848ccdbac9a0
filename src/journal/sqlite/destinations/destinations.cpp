#include "journal/sqlite/destinations/destinations.hpp"

namespace dispatch::journal {

Destinations::Destinations(SQLite::Database& database)
    : find_(database, "SELECT destination_no FROM destinations WHERE queue_no = ? AND url = ?"),
      create_(database,
              "INSERT INTO destinations (queue_no, url, first_position) VALUES (?, ?, ?) RETURNING "
              "destination_no"),
      reach_down_(
          database,
          "UPDATE destinations SET first_position = ?1 WHERE destination_no = ?2 AND first_position > ?1"),
      find_queue_(database, "SELECT queue_no FROM delivery_queues WHERE subscription_no = 0 AND host = ?"),
      find_subscribed_(
          database, "SELECT queue_no FROM delivery_queues WHERE subscription_no = ? AND subscription_no > 0"),
      create_queue_(database,
                    "INSERT INTO delivery_queues (subscription_no, host) VALUES (?, ?) RETURNING queue_no"),
      add_present_(
          database,
          "INSERT OR IGNORE INTO destinations (queue_no, url, first_position)"
          " SELECT o.queue_no, s.url, 0 FROM delivery_queues o JOIN subscriptions s USING (subscription_no)"
          "  WHERE o.subscription_no = ?"),
      lead_(database,
            "UPDATE delivery_queues SET (host, present_destination_no) ="
            "   (SELECT s.host, t.destination_no FROM subscriptions s JOIN destinations t ON t.url = s.url"
            "     WHERE s.subscription_no = delivery_queues.subscription_no AND t.queue_no = "
            "delivery_queues.queue_no)"
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
  const auto queue = find_queue(route);
  if (!queue) return std::nullopt;
  auto rows = find_.rows(*queue, route.url);
  if (!rows.next()) return std::nullopt;
  return direct_.put(route.url, {.destination = DestinationNo{rows.integer(0)}, .queue = *queue});
}

Destinations::Numbers Destinations::look_up(const Route& route, Position position) {
  if (const auto queue = find_queue(route))
    return {.destination = named(*queue, route.url, position), .queue = *queue};
  QueueNo made;
  if (auto rows = create_queue_.rows(route.subscription, route.host); rows.next())
    made = QueueNo{rows.integer(0)};
  const Numbers numbers{.destination = named(made, route.url, position), .queue = made};
  if (route.subscription != SubscriptionNo{}) lead(route.subscription);
  return numbers;
}

DestinationNo Destinations::named(QueueNo queue, std::string_view url, Position position) {
  if (auto rows = find_.rows(queue, url); rows.next()) return DestinationNo{rows.integer(0)};
  auto rows = create_.rows(queue, url, position);
  rows.next();
  return DestinationNo{rows.integer(0)};
}

std::optional<QueueNo> Destinations::find_queue(const Route& route) {
  const bool direct = route.subscription == SubscriptionNo{};
  auto rows = direct ? find_queue_.rows(route.host) : find_subscribed_.rows(route.subscription);
  if (!rows.next()) return std::nullopt;
  return QueueNo{rows.integer(0)};
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
