#pragma once

#include "cli/output/summary.hpp"
#include "flow/observe/elsewhere.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

/// Looks up in the journal at `path` where the first of `elsewhere` are, and by which inputs they came. Only
/// for advice: what cannot be read is left unsaid.
RecordedDestinations recorded_destinations(const std::string& path, const flow::RecordedElsewhere& elsewhere);

}  // namespace dispatch::cli
