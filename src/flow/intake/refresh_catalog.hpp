#pragma once

#include "base/error.hpp"
#include "journal/journal.hpp"
#include "routing/catalog.hpp"

namespace dispatch::flow {

/// Makes the catalog say what the journal says, where it does not. Inside a turn nobody can change the
/// journal's subscriptions meanwhile.
Result<> refresh_catalog(routing::Catalog& catalog, journal::Journal& journal);

}  // namespace dispatch::flow
