#pragma once

#include "event/arrival.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/lru_cache.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace dispatch::journal {

/// Looks up and creates the numbers of destinations and of their delivery queues. Caches those used last.
/// Call forget() when another connection has committed or a turn was abandoned.
class Destinations {
 public:
  explicit Destinations(SQLite::Database& database);

  struct Numbers {
    DestinationNo destination;
    QueueNo queue;
  };
  /// The numbers for the route's URL and subscription. Creates missing rows. `position` is the position of
  /// the event that is routed there.
  Numbers resolve(const Route& route, Position position);

  /// The numbers of a direct route; nothing if its URL is not known.
  std::optional<Numbers> find(const Route& route);

  /// Notes that an event at `position` goes to the destination. `position` may be lower than that of every
  /// earlier event.
  void reach_down(DestinationNo destination, Position position);

  /// Points the delivery queue of the subscription, if it has one, to the URL in its row of subscriptions.
  void lead(SubscriptionNo subscription);

  void forget();

 private:
  struct Present {  // where a subscription's deliveries go now
    std::string url;
    Numbers numbers;
  };
  Numbers look_up(const Route& route, Position position);
  std::optional<QueueNo> find_queue(const Route& route);
  DestinationNo named(QueueNo queue, std::string_view url, Position position);

  static constexpr std::size_t remembered = 4'096;

  LruCache<Numbers> direct_{remembered};
  std::unordered_map<SubscriptionNo, Present> subscribed_;
  Statement find_, create_, reach_down_, find_queue_, find_subscribed_, create_queue_, add_present_, lead_;
};

}  // namespace dispatch::journal
