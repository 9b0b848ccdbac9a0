#include "event/subscription_set.hpp"

#include <doctest/doctest.h>

using namespace dispatch;

namespace {

Subscription numbered(std::int64_t no, const char* id) {
  Subscription made;
  made.no = SubscriptionNo{no};
  made.id = id;
  return made;
}

}  // namespace

TEST_CASE("a set finds its subscriptions by number and by id and nothing else") {
  const SubscriptionSet set{{numbered(2, "b"), numbered(5, "a"), numbered(9, "c")}, 7};
  CHECK(set.version() == 7);
  for (const auto& one : set.all()) {
    CHECK(set.find(one->no) == one);
    CHECK(set.find(one->id) == one);
  }
  for (const std::int64_t no : {0, 1, 3, 8, 10}) CHECK(set.find(SubscriptionNo{no}) == nullptr);
  CHECK(set.find("") == nullptr);
  CHECK(SubscriptionSet{}.find("a") == nullptr);
  CHECK(SubscriptionSet{}.find(SubscriptionNo{2}) == nullptr);
  CHECK(SubscriptionSet{}.version() == 0);
}

TEST_CASE("a subscription outlives its set and does not keep the others alive") {
  auto set = std::make_shared<const SubscriptionSet>(std::vector{numbered(1, "a"), numbered(2, "b")});
  const auto kept = set->find(SubscriptionNo{1});
  const std::weak_ptr<const Subscription> other = set->find(SubscriptionNo{2});
  const std::weak_ptr<const SubscriptionSet> gone = set;
  set.reset();
  CHECK(gone.expired());
  CHECK(other.expired());
  CHECK(kept->id == "a");
}
