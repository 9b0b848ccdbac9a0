#pragma once

#include "event/ids.hpp"
#include "event/subscription.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace dispatch {

/// The subscriptions that are not removed, as they were at one moment. Never changes, so it is safe for every
/// thread. Each subscription is shared by itself: a request keeps its own alive, not the whole set.
class SubscriptionSet {
 public:
  /// None; version 0, as in a new journal.
  SubscriptionSet() = default;
  /// They keep their order, which is that of their numbers if they are looked up by number. `version` is the
  /// journal's number for this state of its subscriptions; 0 where no journal counts it.
  explicit SubscriptionSet(std::vector<Subscription> all, std::int64_t version = 0);

  /// Goes up with every change of any subscription of the journal.
  std::int64_t version() const { return version_; }
  /// By number, as a journal has them; none is null.
  const std::vector<std::shared_ptr<const Subscription>>& all() const { return all_; }
  bool empty() const { return all_.empty(); }

  /// The subscription of that number; null where there is none. Takes logarithmic time.
  std::shared_ptr<const Subscription> find(SubscriptionNo no) const;
  /// The subscription of that id; null where there is none. Looks at each.
  std::shared_ptr<const Subscription> find(std::string_view id) const;

 private:
  std::int64_t version_ = 0;
  std::vector<std::shared_ptr<const Subscription>> all_;
};

}  // namespace dispatch
