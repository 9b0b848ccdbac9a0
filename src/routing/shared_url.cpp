#include "routing/shared_url.hpp"

#include <algorithm>

namespace dispatch::routing {

std::optional<std::string> shared_url_warning(const Subscription& wanted,
                                              const std::vector<Subscription>& all) {
  const auto other = std::find_if(all.begin(), all.end(), [&](const Subscription& one) {
    return one.id != wanted.id && one.url == wanted.url;
  });
  if (other == all.end()) return std::nullopt;
  return "subscription " + wanted.id + " has the URL of subscription " + other->id +
         ": an event that both want arrives there twice with the same Idempotency-Key, and a receiver that "
         "goes "
         "by it drops the second; give each a URL of its own, as with a query (?for=" +
         wanted.id + ")";
}

}  // namespace dispatch::routing
