#include "operations/affected.hpp"

namespace dispatch::operations {

void AffectedCount::add(const journal::SelectedDelivery& delivery) {
  add(delivery.row.subscription, delivery.url, delivery.row.state);
}

void AffectedCount::add(SubscriptionNo subscription, const std::string& url, DeliveryState state) {
  DestinationCount& count = destination_of(subscription, url);
  ++affected_.deliveries;
  switch (state) {
    case DeliveryState::pending:
      ++count.pending;
      break;
    case DeliveryState::retry_wait:
      ++count.retry_wait;
      break;
    case DeliveryState::dead_letter:
      ++count.dead_letter;
      break;
    case DeliveryState::completed:
      ++count.completed;
      break;
    case DeliveryState::failed:
      ++count.failed;
      break;
    case DeliveryState::in_flight:
      break;
  }
}

void AffectedCount::count_skipped(const journal::SelectedDelivery& delivery) {
  if (delivery.row.state == DeliveryState::in_flight) ++affected_.in_flight;
  if (delivery.row.state == DeliveryState::dead_letter) ++affected_.dead_letters;
}

DestinationCount& AffectedCount::destination_of(SubscriptionNo subscription, const std::string& url) {
  auto& destinations = affected_.destinations;
  const std::pair key{subscription, url};
  if (const auto at = known_.find(key); at != known_.end()) return destinations[at->second];
  if (known_.size() < destinations_most) {
    known_.emplace(key, destinations.size());
    const auto known = subscriptions_.find(subscription);
    return destinations.emplace_back(
        DestinationCount{.subscription = known ? known->id : std::string{}, .url = url});
  }
  if (!others_) {
    others_ = destinations.size();
    destinations.emplace_back();
  }
  return destinations[*others_];
}

}  // namespace dispatch::operations
