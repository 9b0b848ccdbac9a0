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

/// The numbers of destinations and of their delivery queues. Remembers those used last: forget() when another
/// connection has committed, and when a turn is abandoned.
class Destinations {
 public:
  explicit Destinations(SQLite::Database& database);

  struct Numbers {
    DestinationNo destination;
    QueueNo queue;
  };
  /// Of the route's url and subscription; both are made where they are new. `position` is that of the event
  /// that is routed there.
  Numbers resolve(const Route& route, Position position);

  /// Of a direct route, where its URL is known.
  std::optional<Numbers> find(const Route& route);

  /// An event at `position`, which may lie below all that went there so far, goes there too.
  void reach_down(DestinationNo destination, Position position);

  /// The delivery queue of the subscription, where it has one, goes where its row in subscriptions says.
  void lead(SubscriptionNo subscription);

  void forget();

 private:
  struct Present {  // where a subscription goes at present
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
