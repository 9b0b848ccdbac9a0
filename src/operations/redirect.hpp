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
  Affected affected;            ///< deliveries that now go elsewhere
  std::int64_t busy_lanes = 0;  ///< lanes left unchanged because a delivery of theirs is in flight
  /// Lanes left unchanged because another delivery of one of their events is open at the new host.
  std::int64_t repeated_lanes = 0;
  /// False if there are more lanes than OperationOptions::lanes_remembered: then the counts are approximate.
  bool exact = true;
  /// Deliveries that match the filter but belong to subscriptions; they are left unchanged.
  std::int64_t of_subscriptions = 0;
};

/// Sends whole lanes of direct deliveries to another destination. Selects the lanes that have a selected
/// delivery in one of `states`. All open deliveries of such a lane become failed, and are made again along
/// `to`, a direct route, like a replay, so that the lane keeps its order.
///
/// Two kinds of lanes are left unchanged and counted: lanes with a delivery in flight, if `states` includes
/// that state, because an event must not go to two places; and lanes with a replayed event that has another
/// open delivery at the host of `to`, because the two would not keep order. Deliveries of subscriptions are
/// never selected. An unknown name in the filter is misuse.
///
/// A transaction has at least one whole lane, and further lanes up to OperationOptions::at_a_time deliveries.
/// Memory holds that many deliveries, and the names of OperationOptions::lanes_remembered lanes.
Result<Redirected> redirect(journal::Journal& journal, const Clock& clock,
                            const journal::DeliveryFilter& meant, const std::vector<DeliveryState>& states,
                            const Route& to, const OperationOptions& options = {});

}  // namespace dispatch::operations
