#include "operations/subscriptions/subscription_backfill.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace dispatch::operations {

Result<SubscriptionBackfill> SubscriptionBackfill::of(const Subscription& subscription, Position from) {
  auto snapshot = routing::Snapshot::make(1, {subscription});
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  auto catalog = std::make_shared<routing::Catalog>();
  catalog->publish(std::move(*snapshot));
  auto router = routing::Router::make(std::nullopt, std::move(catalog));
  if (!router) return tl::unexpected(std::move(router).error());
  return SubscriptionBackfill{std::move(*router), !subscription.filter.empty(), from};
}

SubscriptionBackfill::SubscriptionBackfill(routing::Router router, bool filtered, Position from)
    : router_(std::move(router)),
      filtered_(filtered),
      after_(Position{std::max<std::int64_t>(from.value(), 1) - 1}) {}

Result<> SubscriptionBackfill::read(const journal::JournalReader& reader) {
  journal::EventFilter filter;
  filter.after = after_;
  Result<> looked;
  DISPATCH_TRY(reader.events(filter, [&](const journal::EventRecord& event) {
    looked = look(reader, event);
    return looked.has_value();
  }));
  return looked;
}

Result<> SubscriptionBackfill::look(const journal::JournalReader& reader, const journal::EventRecord& event) {
  after_ = event.position;
  ++looked_at_;
  Arrival arrival;
  arrival.event_id = event.event_id;
  arrival.entity_id = event.entity_id;
  arrival.sequence = event.sequence;
  arrival.type = event.type;
  arrival.source = event.source;
  arrival.time = event.time;
  arrival.correlation_id = event.correlation_id;
  arrival.causation_id = event.causation_id;
  std::optional<journal::EventRecord> whole;
  if (filtered_) {
    auto read = reader.event(event.event_id);
    if (!read) return tl::unexpected(std::move(read).error());
    whole = std::move(*read);
    if (whole) arrival.payload = whole->payload;
  }
  routing::RouteHold hold;
  const auto routes = router_.route(arrival, hold);
  if (!routes) return tl::unexpected(routes.error());
  if (!routes->empty()) positions_.push_back(event.position);
  return {};
}

}  // namespace dispatch::operations
