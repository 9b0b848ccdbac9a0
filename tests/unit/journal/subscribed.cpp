#include "unit/journal/subscribed.hpp"

#include <utility>

namespace dispatch::test {

using namespace journal;

namespace {

template <class Write>
auto in_a_turn(Journal& journal, Write write) {
  auto transaction = journal.begin().value();
  auto written = write(*transaction);
  must(transaction->commit());
  return written;
}

}  // namespace

Subscription plain_subscription(std::string_view id) {
  Subscription subscription;
  subscription.id = id;
  subscription.host = "s.test";
  subscription.url = "http://s.test/" + subscription.id;
  subscription.event_types = {"*"};
  return subscription;
}

Route route_of(const Subscription& subscription) {
  return {.url = subscription.url, .host = subscription.host, .subscription = subscription.no};
}

std::vector<Subscription> all_subscriptions(Journal& journal) {
  const auto set = journal.subscriptions().value();
  std::vector<Subscription> all;
  for (const auto& one : set->all()) all.push_back(*one);
  return all;
}

Subscription put(Journal& journal, Subscription subscription) {
  subscription.no = in_a_turn(journal, [&](Transaction& transaction) {
    return transaction.put_subscription(subscription, noon).value();
  });
  return subscription;
}

std::int64_t remove(Journal& journal, const Subscription& subscription) {
  return in_a_turn(journal, [&](Transaction& transaction) {
    return transaction.remove_subscription(subscription.no, noon).value();
  });
}

void pause(Journal& journal, const Subscription& subscription, std::string_view reason) {
  must(in_a_turn(journal, [&](Transaction& transaction) {
    return transaction.pause_subscription(subscription.no, reason, noon);
  }));
}

void resume(Journal& journal, const Subscription& subscription) {
  must(in_a_turn(journal, [&](Transaction& transaction) {
    return transaction.resume_subscription(subscription.no, noon);
  }));
}

std::int64_t fan_out(Journal& journal, const Subscription& to,
                     std::initializer_list<std::int64_t> positions) {
  std::vector<Position> events;
  for (const auto position : positions) events.emplace_back(position);
  return in_a_turn(journal, [&](Transaction& transaction) {
    return transaction.fan_out(route_of(to), events, noon).value();
  });
}

std::int64_t replay(Journal& journal, const std::vector<DeliveryKey>& deliveries,
                    const std::optional<Route>& route) {
  return in_a_turn(
      journal, [&](Transaction& transaction) { return transaction.replay(deliveries, route, noon).value(); });
}

Appended append_along(Journal& journal, std::string_view id, std::optional<std::string_view> entity,
                      const std::vector<Route>& routes) {
  Arrival arrival;
  arrival.event_id = id;
  arrival.entity_id = entity;
  arrival.payload = "{}";
  arrival.routes = routes;
  return in_a_turn(journal,
                   [&](Transaction& transaction) {
                     return transaction.append({&arrival, 1}, {}, noon).value();
                   })
      .verdicts.at(0);
}

void attempt(Journal& journal, const DeliveryRow& row, Transition by) {
  begin(journal, row);
  end(journal, row, by);
}

std::vector<QueueNo> queues_of(Journal& journal, const Subscription& subscription) {
  std::vector<QueueNo> queues;
  const auto all = journal.queues(QueueNo{}).value();
  for (const DeliveryQueue& queue : all)
    if (queue.subscription == subscription.no) queues.push_back(queue.no);
  return queues;
}

std::vector<DeliveryRow> queue_of(Journal& journal, const Subscription& subscription) {
  const auto queues = queues_of(journal, subscription);
  if (queues.empty()) return {};
  return journal.scan(queues.front(), Position{}, 1'000).value();
}

}  // namespace dispatch::test
