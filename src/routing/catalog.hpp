#pragma once

#include "base/error.hpp"
#include "event/arrival.hpp"
#include "event/subscription_set.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dispatch::routing {

/// A set of subscriptions, ready to be matched. Never changed, never moved: what is routed by it borrows from
/// it. Safe for every thread.
class Snapshot {
 public:
  /// `subscriptions` must not be null. An error names the subscription with a pattern that is none.
  static Result<std::shared_ptr<const Snapshot>> make(std::shared_ptr<const SubscriptionSet> subscriptions);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// Those it was made of; never null.
  const std::shared_ptr<const SubscriptionSet>& subscriptions() const { return subscriptions_; }

  /// Puts into `found` the places in subscriptions()->all(), in their order and each once, of those with a
  /// pattern that matches `type`. The time it takes follows the dots of the type and the number found, not
  /// that of the subscriptions.
  void match(std::string_view type, std::vector<std::size_t>& found) const;

  /// The route to the subscription at `place`; borrows from this snapshot.
  const Route& route(std::size_t place) const { return routes_[place]; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Places = std::vector<std::size_t>;
  using ByText = std::unordered_map<std::string, Places, Hash, std::equal_to<>>;

  explicit Snapshot(std::shared_ptr<const SubscriptionSet> subscriptions);
  Result<> compile();

  std::shared_ptr<const SubscriptionSet> subscriptions_;
  std::vector<Route> routes_;
  ByText exact_;
  ByText below_;  ///< by prefix, its dot included
  std::size_t longest_prefix_ = 0;
  Places all_;
};

/// The snapshot that holds now, and so the subscriptions that a run goes by: one thread publishes what it
/// read from the journal, others route by it. Thread-safe. At first there are no subscriptions, as in a new
/// journal.
class Catalog {
 public:
  Catalog();

  std::shared_ptr<const Snapshot> now() const {
    const std::scoped_lock lock{mutex_};
    return now_;
  }
  void publish(std::shared_ptr<const Snapshot> snapshot) {
    const std::scoped_lock lock{mutex_};
    now_ = std::move(snapshot);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> now_;
};

}  // namespace dispatch::routing
