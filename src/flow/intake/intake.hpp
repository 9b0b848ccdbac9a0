#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/intake/acceptance.hpp"
#include "flow/intake/inbox.hpp"
#include "flow/intake/input_progress.hpp"
#include "flow/intake/position_ranges.hpp"
#include "flow/intake/staged_receipts.hpp"
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

/// Brings incoming events into the journal, and what cannot be accepted to what keeps rejects; tells sources
/// and whoever waits for single events what became of them. Each is routed by the subscriptions that stand in
/// the journal when it is appended, whatever stood there when it was read. Used by the dispatcher's thread.
class Intake {
 public:
  Intake(const Acceptance& context, const RunOptions& options, SharedStats& shared_stats);

  void take(std::vector<Incoming> incoming);

  /// Appends at most `most` events; returns the deliveries made. Rejected
  /// lines are on the disk when it returns, so that they precede the commit of what surrounds them.
  Result<std::vector<journal::DeliveryRow>> append(journal::Transaction& transaction, std::size_t most,
                                                   WallTime now);

  bool empty() const { return waiting_.empty(); }
  /// What was appended since the last call is durable: it counts from now on, its receipts report their
  /// verdicts, and committed() is called on the sources whose batches are complete. Returns what that was.
  Taken committed();
  /// Returns the events accepted since the last call that the observer wants, with the time of their commit,
  /// which took `commit`.
  std::vector<std::shared_ptr<const AcceptedEvent>> take_accepted_events(std::chrono::nanoseconds commit);
  /// Lists what was not read of the inputs, as the run was stopped before their end. Not where the input had
  /// ended before, or stopped().
  void note_cut_input();
  /// Says how many rejected lines were not shown one by one. To be called at the end.
  void finish();
  /// True where input must end because of a rejected line (RunOptions::stop_on_reject), or because there are
  /// too many of them (RunOptions::rejects_most); what waited is dropped.
  bool stopped() const { return stopped_; }
  /// Why it has stopped, where that is misuse and no fault of a line; once.
  std::optional<Error> take_error() { return std::exchange(error_, std::nullopt); }
  /// The events of this process's input that are in the journal, duplicates among them.
  PositionRanges& positions() { return positions_; }

 private:
  /// The routes of the arrivals to be appended next are those of the journal's present subscriptions.
  void settle_routes(Incoming& incoming);
  Result<> append_some(journal::Transaction& transaction, Incoming& incoming, std::size_t count, WallTime now,
                       std::vector<journal::DeliveryRow>& made);
  void stage_receipts(ingest::Batch& batch, std::span<const journal::Appended> verdicts);
  /// Keeps what the present batch has rejected so far.
  Result<> keep_rejects(journal::Transaction& transaction, const Incoming& incoming, WallTime now);
  /// How many of them were kept.
  Result<std::size_t> keep(journal::Transaction& transaction, ingest::RejectSink* own, WallTime now);
  void note_reject(ingest::Reject& reject);
  void note_decided(const Incoming& incoming);
  void add_unread(std::vector<ingest::UnreadInput> unread);
  /// No input is taken after that line, or before it where not `including`; the lines and inputs that follow
  /// stay unread.
  void stop_after(const ingest::Batch& batch, const ingest::Origin& origin, bool including, std::string why);
  void note_entry(const Arrival& arrival, WallTime taken);

  const Acceptance& context_;
  const RunOptions& options_;
  SharedStats& shared_stats_;
  std::deque<Incoming> waiting_;
  std::vector<Incoming> taken_;          ///< whole, in this turn: the journal borrows from them until its end
  std::size_t next_arrival_ = 0;         ///< in the first that waits
  std::size_t next_reject_ = 0;          ///< in the first that waits
  std::vector<ingest::Reject> rejects_;  ///< of the present batch, not kept yet
  StagedReceipts receipts_;
  struct Reached {
    ingest::EventSource* source;
    ingest::Cursor cursor;
  };
  std::vector<Reached> reached_;  ///< by batches that are decided whole, in this transaction
  InputProgress progress_;
  std::vector<std::string_view> accepted_texts_;
  ingest::RejectWarnings warnings_;
  MissingOrder missing_order_;
  ElsewhereCount elsewhere_;
  RecordedElsewhereCount recorded_elsewhere_;
  std::uint64_t numbered_ = 0;  ///< not committed yet; RunStats::numbered
  bool stopped_ = false;
  std::optional<Error> error_;
  Taken uncommitted_;
  std::vector<std::shared_ptr<AcceptedEvent>> accepted_events_;
  PositionRanges positions_;
};

}  // namespace dispatch::flow
