#pragma once

#include "event/outgoing.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace dispatch::delivery {

/// What waits to be prepared: first come, first served for one subscription, and the subscriptions in turn,
/// so many of one at a time. A subscription whose programs take long leaves room for the others. Used under a
/// lock.
class PreparationQueue {
 public:
  /// At least 1.
  explicit PreparationQueue(std::size_t per_subscription) : per_subscription_(per_subscription) {}

  /// `outgoing` has a subscription.
  void add(Outgoing outgoing);
  /// The next one. It has its place until leave().
  std::optional<Outgoing> next();
  /// How many wait.
  std::size_t size() const { return size_; }
  bool has_next() const { return !turns_.empty(); }
  /// One of that subscription has been prepared.
  void leave(SubscriptionNo subscription);
  /// Takes out all that waits.
  std::vector<Outgoing> give_back();

 private:
  struct Line {
    std::deque<Outgoing> waiting;
    std::size_t under_way = 0;
    bool listed = false;
  };
  void list(SubscriptionNo subscription, Line& line);

  const std::size_t per_subscription_;
  std::size_t size_ = 0;
  std::unordered_map<SubscriptionNo, Line> lines_;  ///< with something waiting or under way
  std::deque<SubscriptionNo> turns_;                ///< with something waiting and room for it
};

}  // namespace dispatch::delivery
