#pragma once

#include "cli/summary.hpp"
#include "flow/elsewhere.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

/// Looks up in the journal at `path` where the first of `elsewhere` are, and which of `inputs`, those of the
/// run, it knows. Only for advice: what cannot be read is left unsaid.
RecordedDestinations recorded_destinations(const std::string& path, const flow::RecordedElsewhere& elsewhere,
                                           const std::vector<std::string>& inputs);

}  // namespace dispatch::cli
