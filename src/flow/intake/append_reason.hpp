#pragma once

#include "journal/rows.hpp"

#include <string>

namespace dispatch::flow {

/// The reason why the journal refused an arrival, for the rejects file; empty if it was accepted.
/// `joins_ids`: see RunOptions.
std::string reason_of(const journal::Appended& appended, const Arrival& arrival, bool joins_ids);

}  // namespace dispatch::flow
