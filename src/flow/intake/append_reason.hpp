#pragma once

#include "journal/rows.hpp"

#include <string>

namespace dispatch::flow {

/// Why the journal did not accept an arrival, for the rejects file; empty where it did. `joins_ids`: see
/// RunOptions.
std::string reason_of(const journal::Appended& appended, const Arrival& arrival, bool joins_ids);

}  // namespace dispatch::flow
