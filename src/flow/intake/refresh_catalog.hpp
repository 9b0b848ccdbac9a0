#pragma once

#include "base/error.hpp"
#include "event/subscription_set.hpp"
#include "journal/journal.hpp"
#include "routing/catalog.hpp"

#include <memory>

namespace dispatch::flow {

/// Brings the catalog up to the journal's subscriptions, and returns them; never null. The only place in
/// which a run asks the journal for them: all else is made of the set that it returns or publishes. Inside a
/// turn no other process can change them.
Result<std::shared_ptr<const SubscriptionSet>> refresh_catalog(routing::Catalog& catalog,
                                                               journal::Journal& journal);

}  // namespace dispatch::flow
