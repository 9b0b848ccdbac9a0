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

/// A set of subscriptions, prepared for matching. Immutable, never moved (routes borrow from it), and
/// thread-safe.
class Snapshot {
 public:
  /// `subscriptions` must not be null. The error names the subscription with an invalid pattern.
  static Result<std::shared_ptr<const Snapshot>> make(std::shared_ptr<const SubscriptionSet> subscriptions);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// The subscriptions that it was made of; never null.
  const std::shared_ptr<const SubscriptionSet>& subscriptions() const { return subscriptions_; }

  /// Sets `found` to the indexes in subscriptions()->all() of those with a pattern that matches `type`, in
  /// order and without duplicates. The time depends on the dots in the type and the number of matches, not on
  /// the number of subscriptions.
  void match(std::string_view type, std::vector<std::size_t>& found) const;

  /// The route to the subscription at index `place`; borrows from this snapshot.
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
  ByText below_;  ///< by prefix, with its dot
  std::size_t longest_prefix_ = 0;
  Places all_;
};

/// The current snapshot, and so the subscriptions that a run uses. One thread publishes what it read from the
/// journal, others route by it. Thread-safe. Initially there are no subscriptions, as in a new journal.
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
