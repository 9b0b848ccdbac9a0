#pragma once

#include "base/error.hpp"
#include "journal/journal.hpp"
#include "routing/catalog.hpp"

namespace dispatch::flow {

/// Reads the journal's subscriptions into the catalog if they changed. Inside a turn no other process can
/// change them.
Result<> refresh_catalog(routing::Catalog& catalog, journal::Journal& journal);

}  // namespace dispatch::flow
