#pragma once

#include "event/outcome.hpp"

#include <string>
#include <string_view>

// Outcomes of attempts that this program did not begin, or ended itself, whatever the protocol. Pure.

namespace dispatch::delivery {

/// The outcome of an attempt whose request could not be made; `kind` is refused, local_failure or not_meant.
Outcome not_made(OutcomeKind kind, std::string why);

/// The outcome of an attempt that we cut off.
Outcome cut_off();

/// The outcome of an attempt that was taken back before it began, and why.
Outcome never_begun(std::string_view why = "the run was told to stop");

/// The same of one that had to begin by a time that has passed (Outgoing::not_after).
Outcome too_late();

}  // namespace dispatch::delivery
