#pragma once

#include "event/outgoing.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace dispatch::delivery {

/// Requests that wait for preparation: in order of arrival within one subscription, and subscriptions in
/// turn. The number in preparation for each subscription is limited, so that slow programs of one leave room
/// for the others. Used under a lock.
class PreparationQueue {
 public:
  /// `per_subscription`: requests of one subscription in preparation at a time; at least 1.
  explicit PreparationQueue(std::size_t per_subscription) : per_subscription_(per_subscription) {}

  /// `outgoing` must have a subscription.
  void add(Outgoing outgoing);
  /// Takes the next request to prepare. It counts as in preparation until leave().
  std::optional<Outgoing> next();
  /// Number of waiting requests.
  std::size_t size() const { return size_; }
  bool has_next() const { return !turns_.empty(); }
  /// Call it when a request of that subscription has been prepared.
  void leave(SubscriptionNo subscription);
  /// Removes and returns all waiting requests.
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
  std::unordered_map<SubscriptionNo, Line>
      lines_;                         ///< subscriptions with waiting requests or requests in preparation
  std::deque<SubscriptionNo> turns_;  ///< subscriptions with waiting requests and a free place
};

}  // namespace dispatch::delivery
