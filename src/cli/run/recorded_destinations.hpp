#pragma once

#include "cli/output/summary.hpp"
#include "flow/observe/elsewhere.hpp"

namespace dispatch::journal {
class Store;
}

namespace dispatch::cli {

/// Looks up in the journal of `store` where the first of `elsewhere` are, and by which inputs they came. Only
/// for advice: what cannot be read is left unsaid.
RecordedDestinations recorded_destinations(const journal::Store& store,
                                           const flow::RecordedElsewhere& elsewhere);

}  // namespace dispatch::cli
