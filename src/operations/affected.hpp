#pragma once

#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::operations {

/// Number of deliveries of one subscription, or direct ones, to one URL, by their previous state.
struct DestinationCount {
  std::string subscription;  ///< its id; empty: direct
  std::string url;           ///< empty: the sum of all destinations beyond destinations_most
  std::int64_t pending = 0, retry_wait = 0, dead_letter = 0, completed = 0, failed = 0;
};

/// The effect of an operation, done or simulated. Each delivery is counted once.
struct Affected {
  std::int64_t deliveries = 0;
  std::int64_t in_flight = 0, dead_letters = 0;  ///< selected too, but left unchanged
  std::vector<DestinationCount> destinations;    ///< in the order of their first delivery
};

/// Counts deliveries by their destinations in bounded memory. Used by one thread.
class AffectedCount {
 public:
  /// Maximum number of destinations counted separately; there may be millions.
  static constexpr std::size_t destinations_most = 100;

  /// Their ids are those of `subscriptions`.
  explicit AffectedCount(SubscriptionSet subscriptions) : subscriptions_(std::move(subscriptions)) {}

  /// Counts a delivery in its previous state.
  void add(const journal::SelectedDelivery& delivery);
  /// Counts a delivery of this subscription to this URL.
  void add(SubscriptionNo subscription, const std::string& url, DeliveryState state);
  /// Counts a selected delivery that is left unchanged.
  void count_skipped(const journal::SelectedDelivery& delivery);
  /// Corrects the count: another process had already changed `deliveries` of those added.
  void subtract_unchanged(std::int64_t deliveries) { affected_.deliveries -= deliveries; }
  std::int64_t deliveries() const { return affected_.deliveries; }

  Affected take() { return std::move(affected_); }

 private:
  DestinationCount& destination_of(SubscriptionNo subscription, const std::string& url);

  SubscriptionSet subscriptions_;
  std::map<std::pair<SubscriptionNo, std::string>, std::size_t>
      known_;  ///< index in the list of destinations
  std::optional<std::size_t> others_;
  Affected affected_;
};

}  // namespace dispatch::operations
