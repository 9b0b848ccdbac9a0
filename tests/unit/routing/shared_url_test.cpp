#include "routing/shared_url.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::routing;

namespace {

Subscription subscription(const std::string& id, const std::string& url) {
  Subscription made;
  made.id = id;
  made.url = url;
  return made;
}

}  // namespace

TEST_CASE("a subscription with the URL of another is warned of") {
  const auto a = subscription("a", "http://h.test/one"), b = subscription("b", "http://h.test/two"),
             c = subscription("c", "http://h.test/one");
  CHECK_FALSE(shared_url_warning(a, SubscriptionSet{{a, b}}));
  const auto warning = shared_url_warning(c, SubscriptionSet{{a, b, c}});
  REQUIRE(warning);
  CHECK(warning->find("subscription c has the URL of subscription a") == 0);
  CHECK(warning->find("Idempotency-Key") != std::string::npos);
}
