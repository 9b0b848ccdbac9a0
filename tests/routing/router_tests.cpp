#include "routing/router.hpp"

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

TEST_CASE("an event without any destination is an error") {
  auto router = Router::make({});
  RouteHold hold;
  CHECK(router->route(to(""), hold).error().message ==
        "there is no url and no --to, so there is nowhere to deliver to");
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
        "--to 'example.com' is no absolute URL; it must begin with http:// or https://");
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
