#pragma once

#include "event/ids.hpp"
#include "event/subscription.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace dispatch {

/// The subscriptions at one version, without removed ones. Immutable, and so thread-safe. Each subscription
/// has its own shared pointer: a request keeps one subscription alive, not the whole set.
class SubscriptionSet {
 public:
  /// An empty set of version 0, as in a new journal.
  SubscriptionSet() = default;
  /// Keeps the order of `all`. For find() by number, `all` must be sorted by number. `version` is the
  /// journal's subscriptions version; 0 if there is no journal.
  explicit SubscriptionSet(std::vector<Subscription> all, std::int64_t version = 0);

  /// The journal's subscriptions version. Every change of a subscription increases it.
  std::int64_t version() const { return version_; }
  /// All subscriptions; none is null. A set from a journal is sorted by number.
  const std::vector<std::shared_ptr<const Subscription>>& all() const { return all_; }
  bool empty() const { return all_.empty(); }

  /// The subscription with that number; null if there is none. Takes logarithmic time.
  std::shared_ptr<const Subscription> find(SubscriptionNo no) const;
  /// The subscription with that id; null if there is none. Takes linear time.
  std::shared_ptr<const Subscription> find(std::string_view id) const;

 private:
  std::int64_t version_ = 0;
  std::vector<std::shared_ptr<const Subscription>> all_;
};

}  // namespace dispatch
