#pragma once

#include "unit/journal/journals.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// A subscription to everything with nothing special about it, at http://s.test/ID.
Subscription plain_subscription(std::string_view id);

/// Its route.
Route route_of(const Subscription& subscription);

/// Copies of all there are.
std::vector<Subscription> all_subscriptions(journal::Journal& journal);

/// Each in a turn of its own. `put` gives the subscription with its number.
Subscription put(journal::Journal& journal, Subscription subscription);
std::int64_t remove(journal::Journal& journal, const Subscription& subscription);
void pause(journal::Journal& journal, const Subscription& subscription, std::string_view reason);
void resume(journal::Journal& journal, const Subscription& subscription);
std::int64_t fan_out(journal::Journal& journal, const Subscription& to,
                     std::initializer_list<std::int64_t> positions);
std::int64_t replay(journal::Journal& journal, const std::vector<journal::DeliveryKey>& deliveries,
                    const std::optional<Route>& route = std::nullopt);

/// Appends one event along these routes, in a turn of its own.
journal::Appended append_along(journal::Journal& journal, std::string_view id,
                               std::optional<std::string_view> entity, const std::vector<Route>& routes);

/// From where it stands: begins it, and ends it as told.
void attempt(journal::Journal& journal, const journal::DeliveryRow& row, Transition by);

/// The delivery queues of the subscription, and all there is in the first of them.
std::vector<QueueNo> queues_of(journal::Journal& journal, const Subscription& subscription);
std::vector<journal::DeliveryRow> queue_of(journal::Journal& journal, const Subscription& subscription);

}  // namespace dispatch::test
