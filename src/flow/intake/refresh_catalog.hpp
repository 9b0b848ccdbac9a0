#pragma once

#include "base/error.hpp"
#include "event/subscription_set.hpp"
#include "journal/journal.hpp"
#include "routing/catalog.hpp"

#include <memory>

namespace dispatch::flow {

/// Reads the journal's subscriptions, publishes them in the catalog if they have changed, and returns them;
/// never null. The flow asks the journal for its subscriptions only here; everything else is derived from the
/// returned or the published set. Inside a turn no other process can change them. An error of the journal, or
/// an invalid pattern, leaves the catalog as it was.
Result<std::shared_ptr<const SubscriptionSet>> refresh_catalog(routing::Catalog& catalog,
                                                               journal::Journal& journal);

}  // namespace dispatch::flow
