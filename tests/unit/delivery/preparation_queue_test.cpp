#include "delivery/preparation_queue.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;

namespace {

Outgoing outgoing(std::uint64_t ticket, std::int64_t subscription) {
  Subscription to;
  to.no = SubscriptionNo{subscription};
  Outgoing outgoing;
  outgoing.ticket = ticket;
  outgoing.subscription = std::make_shared<const Subscription>(to);
  return outgoing;
}

/// The tickets that may be prepared now, in order.
std::string take_all(PreparationQueue& queue) {
  std::string tickets;
  while (queue.has_next()) tickets += std::to_string(queue.next()->ticket) + " ";
  return tickets;
}

}  // namespace

TEST_CASE("subscriptions take turns and none has more than its share at a time") {
  PreparationQueue queue{2};
  for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) queue.add(outgoing(ticket, 1));
  queue.add(outgoing(5, 2));
  CHECK(take_all(queue) == "1 5 2 ");
  CHECK_FALSE(queue.next());
  queue.leave(SubscriptionNo{2});
  CHECK_FALSE(queue.has_next());
  queue.leave(SubscriptionNo{1});
  CHECK(take_all(queue) == "3 ");
  queue.leave(SubscriptionNo{1});
  queue.leave(SubscriptionNo{1});
  CHECK(take_all(queue) == "4 ");
  queue.leave(SubscriptionNo{1});
  CHECK_FALSE(queue.has_next());
}

TEST_CASE("what is given back does not come again and what comes later does") {
  PreparationQueue queue{1};
  for (std::uint64_t ticket = 1; ticket <= 3; ++ticket) queue.add(outgoing(ticket, 1));
  queue.add(outgoing(4, 2));
  CHECK(queue.next()->ticket == 1);
  CHECK(queue.give_back().size() == 3);
  CHECK_FALSE(queue.has_next());
  queue.add(outgoing(5, 1));
  queue.add(outgoing(6, 2));
  CHECK(take_all(queue) == "6 ");
  queue.leave(SubscriptionNo{1});
  CHECK(take_all(queue) == "5 ");
}
