#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/arrival.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

#include <cstdint>
#include <vector>

namespace dispatch::operations {

struct Redirected {
  Affected affected;            ///< what goes elsewhere now
  std::int64_t busy_lanes = 0;  ///< left as they are, as something of them is in flight
  /// Left as they are, as another delivery of an event of them is on its way to that host.
  std::int64_t repeated_lanes = 0;
  /// False where there are more lanes than OperationOptions::lanes_remembered: then the counts are about
  /// right.
  bool exact = true;
  /// Deliveries that match the filter, and are left to their subscriptions.
  std::int64_t of_subscriptions = 0;
};

/// Sends whole lanes of direct deliveries elsewhere: those in which something that is meant is in one of
/// `states`. All that is open in such a lane becomes failed and is made anew along `to`, a direct
/// route, as a replay is, so that it keeps its order. Two kinds of lanes are left, and counted: those of
/// which something is in flight, where `states` names that too, as nothing goes to two places; and those with
/// an event that was replayed and of which another delivery is open at the host of `to`, as the two would not
/// keep order. What a subscription is sent goes where its subscription says, and is not meant. Misuse where
/// the journal does not know a name.
///
/// A transaction has at least one whole lane, and others up to OperationOptions::at_a_time deliveries; so
/// much is held in memory, and OperationOptions::lanes_remembered names of lanes.
Result<Redirected> redirect(journal::Journal& journal, const Clock& clock,
                            const journal::DeliveryFilter& meant, const std::vector<DeliveryState>& states,
                            const Route& to, const OperationOptions& options = {});

}  // namespace dispatch::operations
