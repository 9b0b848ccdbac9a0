#include "routing/catalog.hpp"

#include "routing/pattern.hpp"

#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::routing;

namespace {

Subscription subscription(std::int64_t no, std::vector<std::string> types) {
  Subscription made;
  made.no = SubscriptionNo{no};
  made.id = "s" + std::to_string(no);
  made.host = "h" + std::to_string(no) + ".test";
  made.url = "http://" + made.host + "/";
  made.event_types = std::move(types);
  return made;
}

Result<std::shared_ptr<const Snapshot>> made_of(std::vector<Subscription> subscriptions) {
  return Snapshot::make(std::make_shared<const SubscriptionSet>(std::move(subscriptions), 1));
}

std::shared_ptr<const Snapshot> snapshot(std::vector<Subscription> subscriptions) {
  auto made = made_of(std::move(subscriptions));
  REQUIRE_MESSAGE(made.has_value(), made.error().message);
  return *made;
}

std::vector<std::size_t> matched(const Snapshot& snapshot, std::string_view type) {
  std::vector<std::size_t> found{99};  // what was there is forgotten
  snapshot.match(type, found);
  return found;
}

using Places = std::vector<std::size_t>;

}  // namespace

TEST_CASE("an event type finds every subscription that means it and each of them once") {
  const auto all =
      snapshot({subscription(1, {"order.*"}), subscription(2, {"order.added", "order.*", "*"}),
                subscription(3, {"user.*"}), subscription(4, {"*"}), subscription(5, {"order.added"})});
  CHECK(matched(*all, "order.added") == Places{0, 1, 3, 4});
  CHECK(matched(*all, "order.item.added") == Places{0, 1, 3});
  CHECK(matched(*all, "user.left") == Places{1, 2, 3});
  CHECK(matched(*all, "user") == Places{1, 3});
  CHECK(matched(*all, "") == Places{1, 3});
}

TEST_CASE("a subscription whose pattern is none is named in the error") {
  const auto made = made_of({subscription(7, {"order.*", "a*"})});
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().message.starts_with("subscription s7: the pattern \"a*\" has a star"));
}

TEST_CASE("a snapshot finds what each pattern says by itself") {
  std::mt19937 random{20'261'121};
  const auto below = [&](unsigned most) { return random() % most; };
  const auto text = [&] {
    std::string out;
    for (auto parts = 1 + below(4); parts > 0; --parts) {
      out += std::string(1, static_cast<char>('a' + below(3)));
      if (parts > 1 || below(12) == 0) out += '.';
    }
    return out;
  };
  const auto pattern = [&]() -> std::string {
    switch (below(8)) {
      case 0:
        return "*";
      case 1:
      case 2:
      case 3: {
        auto prefix = text();
        return prefix.ends_with('.') ? prefix + "*" : prefix + ".*";
      }
      default:
        return text();
    }
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<Subscription> subscriptions;
    for (std::int64_t no = 1; no <= 12; ++no) {
      std::vector<std::string> types;
      for (auto count = 1 + below(3); count > 0; --count) types.push_back(pattern());
      subscriptions.push_back(subscription(no, types));
    }
    const auto all = snapshot(subscriptions);
    for (int event = 0; event < 40; ++event) {
      const auto type = event == 0 ? std::string{} : text();
      Places expected;
      for (std::size_t place = 0; place < subscriptions.size(); ++place)
        for (const auto& one : subscriptions[place].event_types)
          if (Pattern::parse(one)->matches(type) && (expected.empty() || expected.back() != place))
            expected.push_back(place);
      CAPTURE(type);
      CHECK(matched(*all, type) == expected);
    }
  }
}

TEST_CASE("many subscriptions are found among without looking at each") {
  std::vector<Subscription> many;
  for (std::int64_t no = 1; no <= 20'000; ++no)
    many.push_back(subscription(no, {"t" + std::to_string(no) + (no % 2 == 0 ? ".*" : ".added")}));
  const auto all = snapshot(std::move(many));
  CHECK(matched(*all, "t19999.added") == Places{19'998});
  CHECK(matched(*all, "t20000.added.late") == Places{19'999});
  CHECK(matched(*all, "t3.removed").empty());
}

TEST_CASE("a catalog begins without subscriptions and gives what was published last") {
  Catalog catalog;
  CHECK(catalog.now()->subscriptions()->empty());
  CHECK(catalog.now()->subscriptions()->version() == 0);
  const auto first = catalog.now();
  std::thread{[&] { catalog.publish(snapshot({subscription(1, {"*"})})); }}.join();
  CHECK(catalog.now()->subscriptions()->version() == 1);
  CHECK(first->subscriptions()->empty());
}
