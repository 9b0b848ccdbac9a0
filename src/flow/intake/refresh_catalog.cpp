#include "flow/intake/refresh_catalog.hpp"

#include <utility>

namespace dispatch::flow {

Result<> refresh_catalog(routing::Catalog& catalog, journal::Journal& journal) {
  // The version first: outside a turn the subscriptions may be newer than it says, which is found out when
  // what was routed by them is appended.
  const auto version = journal.subscriptions_version();
  if (!version) return tl::unexpected(version.error());
  if (*version == catalog.now()->version()) return {};
  auto subscriptions = journal.subscriptions();
  if (!subscriptions) return tl::unexpected(std::move(subscriptions).error());
  auto snapshot = routing::Snapshot::make(*version, std::move(*subscriptions));
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  catalog.publish(std::move(*snapshot));
  return {};
}

}  // namespace dispatch::flow
