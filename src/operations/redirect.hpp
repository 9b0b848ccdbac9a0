#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/arrival.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/manner.hpp"

#include <cstdint>
#include <vector>

namespace dispatch::operations {

struct Redirected {
  Affected affected;       ///< what goes elsewhere now
  std::int64_t lanes = 0;  ///< left as they are, as something of them is in flight
  std::int64_t of_subscriptions =
      0;  ///< deliveries that match the filter, and are left to their subscriptions
};

/// Sends whole lanes of direct deliveries elsewhere: those in which something that is meant is in one of
/// `states`. All that is open in such a lane becomes failed and is made anew along `to`, a direct
/// route, as a replay is, so that it keeps its order. A lane of which something is in flight is left,
/// and counted: nothing goes to two places. What a subscription is sent goes where its subscription says, and
/// is not meant. Misuse where the journal does not know a name.
///
/// A transaction has at least one whole lane, and others up to Manner::at_a_time deliveries; so much is held
/// in memory. A dry run also remembers which lanes of entities it has counted.
Result<Redirected> redirect(journal::Journal& journal, const Clock& clock,
                            const journal::DeliveryFilter& meant, const std::vector<DeliveryState>& states,
                            const Route& to, const Manner& manner = {});

}  // namespace dispatch::operations
