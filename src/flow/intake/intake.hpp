#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/intake/acceptance.hpp"
#include "flow/intake/inbox.hpp"
#include "flow/intake/input_progress.hpp"
#include "flow/intake/position_ranges.hpp"
#include "flow/intake/staged_input.hpp"
#include "flow/observe/elsewhere.hpp"
#include "flow/observe/missing_order.hpp"
#include "flow/observe/observer.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/rules/options.hpp"
#include "ingest/batch/batch.hpp"
#include "ingest/rejects/reject_warnings.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// Appends incoming events to the journal, passes rejects to the reject sinks, and reports the verdicts to
/// sources and receipts. Each event is routed by the subscriptions that the journal has when it is appended,
/// not by those at the time of reading. Used by the dispatcher's thread.
class Intake {
 public:
  Intake(const Acceptance& context, const RunOptions& options, SharedStats& shared_stats);

  void take(std::vector<Incoming> incoming);

  /// Appends at most `most` events; returns the new deliveries. The router's catalog must hold the
  /// subscriptions of the open turn: see refresh_catalog(). When it returns, rejected lines are on the disk,
  /// before the commit of the events around them.
  Result<std::vector<journal::DeliveryRow>> append(journal::Transaction& transaction, std::size_t most,
                                                   WallTime now);

  bool empty() const { return waiting_.empty(); }
  /// Returns what was appended since the last call. Call it when the transaction is committed.
  StagedInput stage();
  /// Call it, in order, once the transaction of `staged` is durable. Adds it to the stats, lets receipts
  /// report their verdicts, and calls committed() on the sources of complete batches.
  void acknowledge(StagedInput& staged);
  /// Lists the unread rest of the inputs, after the run was stopped before their end. Does nothing if the
  /// input had ended, or if stopped().
  void note_cut_input();
  /// Reports how many rejected lines were not shown one by one. Call it at the end.
  void finish();
  /// True if input must end because of a rejected line (RunOptions::stop_on_reject) or because of too many
  /// (RunOptions::rejects_most); waiting input was dropped.
  bool stopped() const { return stopped_; }
  /// Returns, once, why input was stopped, if the cause is misuse and not a line.
  std::optional<Error> take_error() { return std::exchange(error_, std::nullopt); }
  /// The positions of the events of this process's input, including duplicates of earlier events.
  PositionRanges& positions() { return positions_; }

 private:
  /// Routes the arrivals to be appended next by the journal's current subscriptions, if these have changed.
  void settle_routes(Incoming& incoming);
  Result<> append_some(journal::Transaction& transaction, Incoming& incoming, std::size_t count, WallTime now,
                       std::vector<journal::DeliveryRow>& made);
  void stage_receipts(ingest::Batch& batch, std::span<const journal::Appended> verdicts);
  /// Stores the rejects of the current batch so far.
  Result<> keep_rejects(journal::Transaction& transaction, const Incoming& incoming, WallTime now);
  /// Stores rejects_ in the journal's queue and in `own`; returns how many were stored.
  Result<std::size_t> keep(journal::Transaction& transaction, ingest::RejectSink* own, WallTime now);
  void note_reject(ingest::Reject& reject);
  void note_decided(const Incoming& incoming);
  void add_unread(std::vector<ingest::UnreadInput> unread);
  /// Takes no input after that line, or from that line on if not `including`; it and the following lines and
  /// inputs count as unread.
  void stop_after(const ingest::Batch& batch, const ingest::Origin& origin, bool including, std::string why);
  void note_entry(const Arrival& arrival, WallTime taken);

  const Acceptance& context_;
  const RunOptions& options_;
  SharedStats& shared_stats_;
  std::deque<Incoming> waiting_;
  std::vector<Incoming>
      taken_;  ///< batches completed in this turn; the journal borrows from them until its end
  std::size_t next_arrival_ = 0;         ///< index in the first waiting batch
  std::size_t next_reject_ = 0;          ///< index in the first waiting batch
  std::vector<ingest::Reject> rejects_;  ///< of the current batch, not stored yet
  StagedInput staged_;                   ///< of this transaction
  InputProgress progress_;
  std::vector<std::string_view> accepted_texts_;
  ingest::RejectWarnings warnings_;
  MissingOrder missing_order_;
  ElsewhereCount elsewhere_;
  RecordedElsewhereCount recorded_elsewhere_;
  bool stopped_ = false;
  std::optional<Error> error_;
  PositionRanges positions_;
};

}  // namespace dispatch::flow
