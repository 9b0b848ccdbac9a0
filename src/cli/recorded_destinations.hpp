#pragma once

#include "cli/summary.hpp"
#include "flow/elsewhere.hpp"

#include <string>

namespace dispatch::cli {

/// Looks up in the journal at `path` where the first of `elsewhere` are. Only for advice: what cannot be read
/// is left unsaid.
RecordedDestinations recorded_destinations(const std::string& path, const flow::RecordedElsewhere& elsewhere);

}  // namespace dispatch::cli
