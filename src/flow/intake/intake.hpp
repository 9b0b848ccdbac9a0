#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/intake/acceptance.hpp"
#include "flow/intake/inbox.hpp"
#include "flow/intake/input_progress.hpp"
#include "flow/observe/elsewhere.hpp"
#include "flow/observe/missing_order.hpp"
#include "flow/observe/observer.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/rules/options.hpp"
#include "ingest/line/batch.hpp"
#include "ingest/rejects/reject_warnings.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// Positions of events, as ranges in their order: what one process has appended is mostly consecutive, and
/// what it repeats lies anywhere.
class PositionRanges {
 public:
  void add(Position position);
  /// Contains every position, present and future.
  void add_all();
  const std::deque<std::pair<Position, Position>>& ranges() const { return ranges_; }
  /// Forgets everything below `position`.
  void drop_below(Position position);

 private:
  std::deque<std::pair<Position, Position>> ranges_;
};

/// Brings incoming events into the journal, and what cannot be accepted into its queue of rejected lines, and
/// into the rejects file. Each is routed by the subscriptions that stand in the journal when it is appended,
/// whatever stood there when it was read. Used by the dispatcher's thread.
class Intake {
 public:
  Intake(const Acceptance& context, const RunOptions& options, SharedStats& shared_stats);

  void take(std::vector<Incoming> incoming);

  /// Appends at most `most` events; returns the deliveries made. Rejected
  /// lines are on the disk when it returns, so that they precede the commit of what surrounds them.
  Result<std::vector<journal::DeliveryRow>> append(journal::Transaction& transaction, std::size_t most,
                                                   WallTime now);

  bool empty() const { return waiting_.empty(); }
  /// What was appended since the last call is committed: it counts from now on. Returns what that was.
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
  /// Queues the lines that the present batch has rejected so far.
  Result<> queue_rejects(journal::Transaction& transaction, const ingest::Batch& batch, WallTime now);
  void note_reject(const ingest::Reject& reject);
  void add_unread(std::vector<ingest::UnreadInput> unread);
  /// No input is taken after that line, or before it where not `including`; the lines and inputs that follow
  /// stay unread.
  void stop_after(const ingest::Batch& batch, const ingest::LineRef& line, bool including, std::string why);
  std::string_view input_name(const ingest::LineRef& line);
  void note_entry(const Arrival& arrival, WallTime taken);

  const Acceptance& context_;
  const RunOptions& options_;
  SharedStats& shared_stats_;
  std::deque<Incoming> waiting_;
  std::vector<Incoming> taken_;          ///< whole, in this turn: the journal borrows from them until its end
  std::size_t next_arrival_ = 0;         ///< in the first that waits
  std::size_t next_reject_ = 0;          ///< in the first that waits
  std::vector<ingest::Reject> rejects_;  ///< of the present batch, not queued yet
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
  std::unordered_map<std::string, std::string> input_names_;  ///< by what the lines call them
};

/// Why the journal did not accept an arrival, for the rejects file; empty where it did. `joins_ids`: see
/// RunOptions.
std::string reason_of(const journal::Appended& appended, const Arrival& arrival, bool joins_ids);

}  // namespace dispatch::flow
