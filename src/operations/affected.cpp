#include "operations/affected.hpp"

namespace dispatch::operations {

AffectedCount::AffectedCount(const std::vector<Subscription>& subscriptions) {
  for (const Subscription& subscription : subscriptions)
    subscriptions_.emplace(subscription.no, subscription.id);
}

void AffectedCount::add(const journal::SelectedDelivery& delivery) {
  DestinationCount& count = destination_of(delivery);
  ++affected_.deliveries;
  switch (delivery.row.state) {
    case DeliveryState::pending:
      ++count.pending;
      break;
    case DeliveryState::retry_wait:
      ++count.retry_wait;
      break;
    case DeliveryState::dead_letter:
      ++count.dead_letter;
      break;
    default:
      break;
  }
}

void AffectedCount::leave(const journal::SelectedDelivery& delivery) {
  if (delivery.row.state == DeliveryState::in_flight) ++affected_.in_flight;
  if (delivery.row.state == DeliveryState::dead_letter) ++affected_.dead_letters;
}

DestinationCount& AffectedCount::destination_of(const journal::SelectedDelivery& delivery) {
  auto& destinations = affected_.destinations;
  const std::pair key{delivery.row.subscription, delivery.url};
  if (const auto known = known_.find(key); known != known_.end()) return destinations[known->second];
  if (known_.size() < destinations_most) {
    known_.emplace(key, destinations.size());
    const auto subscription = subscriptions_.find(delivery.row.subscription);
    return destinations.emplace_back(DestinationCount{
        .subscription = subscription == subscriptions_.end() ? std::string{} : subscription->second,
        .url = delivery.url});
  }
  if (!others_) {
    others_ = destinations.size();
    destinations.emplace_back();
  }
  return destinations[*others_];
}

}  // namespace dispatch::operations
