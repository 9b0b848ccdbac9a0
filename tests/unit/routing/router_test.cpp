#include "routing/router.hpp"

#include "support/own_resources.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::routing;

namespace {

Arrival to(std::string_view url) {
  Arrival arrival;
  arrival.own_url = url;
  return arrival;
}

Arrival of_type(std::string_view type, std::string_view url = {}) {
  Arrival arrival = to(url);
  arrival.type = type;
  return arrival;
}

Subscription subscription(std::int64_t no, std::string type) {
  Subscription made;
  made.no = SubscriptionNo{no};
  made.id = "s" + std::to_string(no);
  made.host = "s" + std::to_string(no) + ".example";
  made.url = "http://" + made.host + "/in";
  made.event_types = {std::move(type)};
  return made;
}

/// "own.example", "s1.example": where an event is routed to.
std::vector<std::string> hosts(std::span<const Route> routes) {
  std::vector<std::string> out;
  for (const auto& route : routes) out.emplace_back(route.host);
  return out;
}

using Hosts = std::vector<std::string>;

std::shared_ptr<const Snapshot> snapshot_of(std::vector<Subscription> subscriptions) {
  return *Snapshot::make(std::make_shared<const SubscriptionSet>(std::move(subscriptions), 1));
}

}  // namespace

TEST_CASE("an event goes to its own url and only then to the default destination") {
  auto router = Router::make("http://Default.example/in");
  REQUIRE(router.has_value());
  RouteHold hold;
  const auto own = router->route(to("http://Own.example/x"), hold);
  REQUIRE(own->size() == 1);
  CHECK((*own)[0].url == "http://own.example/x");
  CHECK((*own)[0].host == "own.example");
  const auto fallback = router->route(to(""), hold);
  REQUIRE(fallback->size() == 1);
  CHECK((*fallback)[0].url == "http://default.example/in");
}

TEST_CASE("an event without any destination has no routes") {
  auto router = Router::make({});
  RouteHold hold;
  CHECK(router->route(to(""), hold)->empty());
  CHECK_FALSE(router->accepts_unmatched());
}

TEST_CASE("a url that cannot be delivered to is an error each time") {
  auto router = Router::make("http://default.example/");
  RouteHold hold;
  for (int time = 0; time < 2; ++time)
    CHECK(router->route(to("ftp://h/"), hold).error().message ==
          "url 'ftp://h/' has the scheme 'ftp'; events are delivered to http and https only");
}

TEST_CASE("a default destination that cannot be delivered to is misuse") {
  const auto router = Router::make("example.com");
  REQUIRE_FALSE(router.has_value());
  CHECK(router.error().failure == Failure::usage);
  CHECK(router.error().message ==
        "--to 'example.com' is not an absolute URL; it must begin with http:// or https://");
}

TEST_CASE("the same url is one destination") {
  auto router = Router::make({});
  RouteHold hold;
  const auto first = router->route(to("http://h/1"), hold);
  const auto second = router->route(to("http://h/1"), hold);
  CHECK(first->data() == second->data());
}

TEST_CASE("routes outlive the router's memory of their urls") {
  auto router = Router::make("http://default.example/");
  RouteHold hold;
  const auto first = *router->route(to("http://first.example/"), hold);
  const auto fallback = *router->route(to(""), hold);
  for (int i = 0; i < 20'000; ++i) {
    RouteHold other;
    const std::string url = "http://h" + std::to_string(i) + ".example/";
    CHECK((*router->route(to(url), other))[0].url == url);
  }
  const Router moved = std::move(*router);
  const RouteHold kept = std::move(hold);
  CHECK(first[0].url == "http://first.example/");
  CHECK(fallback[0].host == "default.example");
}

TEST_CASE("an event goes to its own destination and to every subscription that means it") {
  const auto catalog = std::make_shared<Catalog>();
  catalog->publish(
      snapshot_of({subscription(1, "order.*"), subscription(2, "order.added"), subscription(3, "user.*")}));
  auto with_default = Router::make("http://default.example/", catalog);
  auto without = Router::make({}, catalog);
  RouteHold hold;
  const auto all = *with_default->route(of_type("order.added", "http://own.example/"), hold);
  CHECK(hosts(all) == Hosts{"own.example", "s1.example", "s2.example"});
  CHECK(all[0].subscription == SubscriptionNo{});
  CHECK(all[2].subscription == SubscriptionNo{2});
  CHECK(all[2].url == "http://s2.example/in");
  CHECK(hosts(*with_default->route(of_type("user.left"), hold)) == Hosts{"default.example", "s3.example"});
  CHECK(hosts(*without->route(of_type("user.left"), hold)) == Hosts{"s3.example"});
  CHECK(without->route(of_type("other"), hold)->empty());
  CHECK(without->accepts_unmatched());
  CHECK(without->snapshot() == catalog->now());
}

TEST_CASE("a router goes by the snapshot it has until it is told") {
  const auto catalog = std::make_shared<Catalog>();
  auto router = Router::make({}, catalog);
  RouteHold hold;
  catalog->publish(snapshot_of({subscription(1, "*")}));
  CHECK(router->route(of_type("a"), hold)->empty());
  router->refresh();
  CHECK(hosts(*router->route(of_type("a"), hold)) == Hosts{"s1.example"});
}

TEST_CASE("routes outlive the snapshot and the router they come from") {
  RouteHold hold;
  std::vector<std::span<const Route>> routed;
  {
    const auto catalog = std::make_shared<Catalog>();
    auto router = Router::make("http://default.example/", catalog);
    for (int version = 1; version <= 1'000; ++version) {
      catalog->publish(snapshot_of({subscription(version, "a"), subscription(5'000, "*")}));
      router->refresh();
      routed.push_back(*router->route(of_type("a"), hold));
    }
  }
  const RouteHold kept = std::move(hold);
  for (std::size_t i = 0; i < routed.size(); ++i)
    CHECK(hosts(routed[i]) ==
          Hosts{"default.example", "s" + std::to_string(i + 1) + ".example", "s5000.example"});
}

TEST_CASE("a filter says which of the events that match are meant") {
  const auto catalog = std::make_shared<Catalog>();
  auto large = subscription(1, "order.*");
  large.filter = ".data.amount > 10 and .type != \"order.lost\"";
  catalog->publish(snapshot_of({large, subscription(2, "*")}));
  auto router = Router::make({}, catalog);
  RouteHold hold;
  const auto route = [&](std::string_view type, std::string_view payload) {
    auto arrival = of_type(type);
    arrival.event_id = "e";
    arrival.payload = payload;
    return hosts(*router->route(arrival, hold));
  };
  CHECK(route("order.added", R"({"amount":11})") == Hosts{"s1.example", "s2.example"});
  CHECK(route("order.added", R"({"amount":10})") == Hosts{"s2.example"});
  CHECK(route("order.lost", R"({"amount":11})") == Hosts{"s2.example"});
  CHECK(route("user.left", R"({"amount":11})") == Hosts{"s2.example"});

  // One that fails decides nothing: it is asked again before the request.
  CHECK(route("order.added", "[]") == Hosts{"s1.example", "s2.example"});
  CHECK(route("order.added", "no JSON") == Hosts{"s1.example", "s2.example"});

  {
    const test::NoDescriptors none;
    auto without_jq = Router::make({}, catalog);
    auto arrival = of_type("order.added");
    arrival.payload = R"({"amount":10})";
    CHECK(hosts(*without_jq->route(arrival, hold)) == Hosts{"s1.example", "s2.example"});
    router = std::move(without_jq);
  }
  CHECK(route("order.added", R"({"amount":10})") == Hosts{"s2.example"});

  large.filter = "false";
  catalog->publish(snapshot_of({large}));
  router->refresh();
  CHECK(route("order.added", R"({"amount":11})").empty());
  large.filter = "empty";
  catalog->publish(snapshot_of({large}));
  router->refresh();
  CHECK(route("order.added", R"({"amount":11})").empty());
}
