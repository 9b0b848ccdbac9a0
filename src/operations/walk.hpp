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

/// Changes some deliveries; returns how many were in a state that allowed it.
using Change = std::function<Result<std::int64_t>(journal::Transaction&,
                                                  std::span<const journal::DeliveryKey>, WallTime now)>;

/// What an operation does to the open deliveries that are meant.
struct Operation {
  std::vector<DeliveryState> changes;      ///< those in one of these states are changed
  std::vector<DeliveryState> counts = {};  ///< those in one of these are counted as left
  bool newest_first = false;
  Change change;
  /// Of those that are to be changed only these; where it is not set, all. Asked once of each, in their
  /// order.
  std::function<bool(const journal::SelectedDelivery&)> wanted = {};
};

/// Carries out an operation on the open deliveries that `meant` means: some at a time, each batch in a
/// transaction of its own. Between two batches the gate is free, so that a run that is on keeps its turns.
/// Where it is killed, what was committed stays, and the same operation goes on with the rest.
Result<Affected> carry_out(const Operation& operation, journal::Journal& journal, const Clock& clock,
                           const journal::DeliveryFilter& meant, const OperationOptions& options);

/// Misuse that names what the journal does not know: probably mistyped.
Result<> check_names(journal::Journal& journal, const journal::DeliveryFilter& meant);

}  // namespace dispatch::operations
