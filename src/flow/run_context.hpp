#pragma once

#include "base/random.hpp"
#include "delivery/transport.hpp"
#include "flow/intake/acceptance.hpp"
#include "journal/roster.hpp"

namespace dispatch::flow {

/// Everything a run needs besides its options.
struct RunContext : Acceptance {
  delivery::Transport& transport;  ///< reports outcomes to the inbox
  Random& random;
  journal::Roster& roster;  ///< joined when the run begins, left when it ends
};

}  // namespace dispatch::flow
