#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace dispatch::operations {

/// Changes some deliveries; returns how many had a state that allows it.
using Change = std::function<Result<std::int64_t>(journal::Transaction&,
                                                  std::span<const journal::DeliveryKey>, WallTime now)>;

/// What an operation does with the selected open deliveries.
struct Operation {
  std::vector<DeliveryState> changes;      ///< deliveries in these states are changed
  std::vector<DeliveryState> counts = {};  ///< deliveries in these states are counted and left unchanged
  bool newest_first = false;
  Change change;
  /// If set: only deliveries for which it returns true are changed. Called once for each, in order.
  std::function<bool(const journal::SelectedDelivery&)> wanted = {};
};

/// Runs an operation on the open deliveries that `meant` selects, in batches with one transaction each.
/// Between batches the writer lock is free, so that an active run keeps its turns. If the process is killed,
/// committed batches stay, and running the same operation again handles the rest.
Result<Affected> carry_out(const Operation& operation, journal::Journal& journal, const Clock& clock,
                           const journal::DeliveryFilter& meant, const OperationOptions& options);

/// Misuse if the filter has names that the journal does not know; they are probably mistyped.
Result<> check_names(journal::Journal& journal, const journal::DeliveryFilter& meant);

}  // namespace dispatch::operations
