#include "routing/shared_url.hpp"

#include <algorithm>

namespace dispatch::routing {

std::optional<std::string> shared_url_warning(const Subscription& wanted, const SubscriptionSet& all) {
  const auto& those = all.all();
  const auto other = std::find_if(those.begin(), those.end(), [&](const auto& one) {
    return one->id != wanted.id && one->url == wanted.url;
  });
  if (other == those.end()) return std::nullopt;
  return "subscription " + wanted.id + " has the URL of subscription " + (*other)->id +
         ": an event that both want arrives there twice with the same Idempotency-Key, and a receiver that "
         "checks it drops the second; give each a URL of its own, as with a query (?for=" +
         wanted.id + ")";
}

}  // namespace dispatch::routing
