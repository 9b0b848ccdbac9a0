// What operators do to one subscription.

#include "operations/subscriptions/subscription_switch.hpp"

#include "support/fakes.hpp"
#include "unit/journal/subscribed.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

TEST_CASE_TEMPLATE("a subscription is paused once and resumed once", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const ManualClock clock;
  put(*journal, plain_subscription("s"));
  CHECK(operations::pause_subscription(*journal, clock, "s", "moves").value() == std::optional{true});
  CHECK(all_subscriptions(*journal).at(0).pause_reason == "moves");
  CHECK(operations::pause_subscription(*journal, clock, "s", "again").value() == std::optional{false});
  CHECK(all_subscriptions(*journal).at(0).pause_reason == "moves");
  CHECK(operations::resume_subscription(*journal, clock, "s").value() == std::optional{true});
  CHECK_FALSE(all_subscriptions(*journal).at(0).paused_at);
  CHECK(operations::resume_subscription(*journal, clock, "s").value() == std::optional{false});
}

TEST_CASE_TEMPLATE("a subscription with open deliveries is removed only where they are given up", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const ManualClock clock;
  const auto subscription = put(*journal, plain_subscription("s"));
  append_along(*journal, "e1", "x", {route_of(subscription)});
  const auto kept = operations::remove_subscription(*journal, clock, "s", false).value();
  REQUIRE(kept);
  CHECK_FALSE(kept->removed);
  CHECK(kept->open == 1);
  CHECK(all_subscriptions(*journal).size() == 1);
  const auto removed = operations::remove_subscription(*journal, clock, "s", true).value();
  REQUIRE(removed);
  CHECK(removed->removed);
  CHECK(removed->open == 1);
  CHECK(all_subscriptions(*journal).empty());
}

TEST_CASE_TEMPLATE("a new secret goes before the older one for as long as it is kept", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const ManualClock clock;
  put(*journal, plain_subscription("s"));
  const auto first = operations::rotate_secret(*journal, clock, "s", "first", 1h).value();
  REQUIRE(first);
  CHECK(first->changed);
  CHECK(first->older == 0);
  const auto second = operations::rotate_secret(*journal, clock, "s", "second", 1h).value();
  REQUIRE(second);
  CHECK(second->older == 1);
  CHECK(second->until == clock.wall() + 1h);
  CHECK(all_subscriptions(*journal).at(0).secrets.at(0).text == "second");
  CHECK_FALSE(operations::rotate_secret(*journal, clock, "s", "second", 1h).value()->changed);
}

TEST_CASE_TEMPLATE("of a subscription that is not there nothing is done", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const ManualClock clock;
  CHECK_FALSE(operations::pause_subscription(*journal, clock, "s", "").value());
  CHECK_FALSE(operations::resume_subscription(*journal, clock, "s").value());
  CHECK_FALSE(operations::remove_subscription(*journal, clock, "s", true).value());
  CHECK_FALSE(operations::rotate_secret(*journal, clock, "s", "secret", 1h).value());
}
