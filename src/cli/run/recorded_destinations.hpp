#pragma once

#include "cli/output/summary.hpp"
#include "flow/observe/elsewhere.hpp"

namespace dispatch::journal {
class Store;
}

namespace dispatch::cli {

/// Looks up in the journal of `store` where the first events of `elsewhere` go, and by which inputs they
/// came. Used only for advice: read errors are ignored.
RecordedDestinations recorded_destinations(const journal::Store& store,
                                           const flow::RecordedElsewhere& elsewhere);

}  // namespace dispatch::cli
