#pragma once

#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::operations {

/// Deliveries of one subscription to one URL, or direct ones to one URL, by the state in which they were
/// found.
struct DestinationCount {
  std::string subscription;  ///< its id; empty: direct
  std::string url;           ///< empty: all destinations beyond the first destinations_most
  std::int64_t pending = 0, retry_wait = 0, dead_letter = 0, completed = 0, failed = 0;
};

/// What an operation has done, or would do: each delivery is counted once.
struct Affected {
  std::int64_t deliveries = 0;
  std::int64_t in_flight = 0, dead_letters = 0;  ///< meant as well, and left as they are
  std::vector<DestinationCount> destinations;    ///< in the order in which they were met
};

/// Counts deliveries by their destinations in bounded memory. Used by one thread.
class AffectedCount {
 public:
  /// Destinations that are told apart; there may be millions.
  static constexpr std::size_t destinations_most = 100;

  explicit AffectedCount(const std::vector<Subscription>& subscriptions);

  /// The delivery, in the state in which it was found.
  void add(const journal::SelectedDelivery& delivery);
  /// The same, of a delivery of this subscription to this URL.
  void add(SubscriptionNo subscription, const std::string& url, DeliveryState state);
  /// The delivery is meant and left as it is.
  void count_skipped(const journal::SelectedDelivery& delivery);
  /// Of the deliveries that were added, another process had changed `deliveries` before this one could.
  void subtract_unchanged(std::int64_t deliveries) { affected_.deliveries -= deliveries; }
  std::int64_t deliveries() const { return affected_.deliveries; }

  Affected take() { return std::move(affected_); }

 private:
  DestinationCount& destination_of(SubscriptionNo subscription, const std::string& url);

  std::map<SubscriptionNo, std::string> subscriptions_;
  std::map<std::pair<SubscriptionNo, std::string>, std::size_t> known_;  ///< places in the destinations
  std::optional<std::size_t> others_;
  Affected affected_;
};

}  // namespace dispatch::operations
