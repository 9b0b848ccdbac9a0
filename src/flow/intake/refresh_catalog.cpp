#include "flow/intake/refresh_catalog.hpp"

#include <utility>

namespace dispatch::flow {

Result<> refresh_catalog(routing::Catalog& catalog, journal::Journal& journal) {
  // The version first: outside a turn the subscriptions may be newer than it says, which is found out when
  // what was routed by them is appended.
  DISPATCH_ASSIGN(const auto version, journal.subscriptions_version());
  if (version == catalog.now()->version()) return {};
  DISPATCH_ASSIGN(auto subscriptions, journal.subscriptions());
  DISPATCH_ASSIGN(auto snapshot, routing::Snapshot::make(version, std::move(subscriptions)));
  catalog.publish(std::move(snapshot));
  return {};
}

}  // namespace dispatch::flow
