#pragma once

#include "base/clock.hpp"
#include "flow/intake/staged_receipts.hpp"
#include "flow/observe/elsewhere.hpp"
#include "flow/observe/missing_order.hpp"
#include "flow/observe/observer.hpp"
#include "ingest/batch/batch.hpp"
#include "ingest/event_source.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace dispatch::flow {

/// The input that one transaction has processed, to be acknowledged once the transaction is durable:
/// Intake::acknowledge(). If it is destroyed before, its receipts report `unknown`.
struct StagedInput {
  struct Reached {
    ingest::EventSource* source;
    ingest::Cursor cursor;
  };

  Taken taken;
  std::uint64_t numbered = 0;  ///< RunStats::numbered
  StagedReceipts receipts;
  std::vector<Reached> reached;  ///< of batches that are completely decided
  std::vector<std::shared_ptr<AcceptedEvent>> accepted_events;
  // If they have changed.
  std::optional<Elsewhere> elsewhere;
  std::optional<RecordedElsewhere> recorded_elsewhere;
  std::optional<std::vector<MissingField>> missing_order;

  /// The accepted events, with the time of their commit, which ended at `now` and took `commit`.
  std::vector<std::shared_ptr<const AcceptedEvent>> take_accepted_events(WallTime now,
                                                                         std::chrono::nanoseconds commit);
};

}  // namespace dispatch::flow
