#include "flow/intake/refresh_catalog.hpp"

#include <utility>

namespace dispatch::flow {

Result<std::shared_ptr<const SubscriptionSet>> refresh_catalog(routing::Catalog& catalog,
                                                               journal::Journal& journal) {
  DISPATCH_ASSIGN(auto subscriptions, journal.subscriptions());
  auto published = catalog.now()->subscriptions();
  if (published->version() == subscriptions->version()) return published;
  DISPATCH_ASSIGN(auto snapshot, routing::Snapshot::make(subscriptions));
  catalog.publish(std::move(snapshot));
  return subscriptions;
}

}  // namespace dispatch::flow
