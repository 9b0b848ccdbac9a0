#pragma once

#include "event/outcome.hpp"

#include <string>
#include <string_view>

// Outcomes of attempts that this program did not begin or ended itself, for every protocol. Pure functions.

namespace dispatch::delivery {

/// The outcome of an attempt whose request could not be made; `kind` is refused, local_failure or not_meant.
Outcome not_made(OutcomeKind kind, std::string why);

/// The outcome of an attempt that this program aborted.
Outcome cut_off();

/// The outcome of an attempt that was withdrawn before it began; `why` is the reason.
Outcome never_begun(std::string_view why = "the run was told to stop");

/// The outcome of an attempt that did not begin before its deadline (Outgoing::not_after).
Outcome too_late();

}  // namespace dispatch::delivery
