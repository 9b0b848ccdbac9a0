#pragma once

#include "base/error.hpp"
#include "journal/due_place.hpp"
#include "journal/queue_reads.hpp"
#include "journal/rows.hpp"
#include "journal/selection.hpp"
#include "journal/transaction.hpp"
#include "tracing/trace_context.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::journal {

/// The interface of the journal, which is the truth; everything else is a cache of it.
///
/// All writing happens in transactions. Any number of processes may have transactions on one journal. Reads
/// see the last commit, and while a transaction of this object is open its writes too.
///
/// An object is used by one thread at a time.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Begins a transaction, of which a journal has one at a time; waits for those of others.
  virtual Result<std::unique_ptr<Transaction>> begin() = 0;

  /// What went wrong with the journal's own work after the last commit, once: its log could not be copied
  /// back. What was committed stands, and transactions may go on; but the log grows until the cause is
  /// mended, so a run should end. A journal without such work returns nothing.
  virtual std::optional<Error> take_checkpoint_error() { return std::nullopt; }

  /// Tidies up at the end of a run, as far as readers let it: a journal that is kept in files becomes one
  /// file. Nothing needs it. Not inside a transaction.
  virtual Result<> checkpoint() { return {}; }

  /// Returns `unavailable` if the journal's file was removed or replaced since it was opened. Every
  /// transaction checks that; this is for callers that wait without one. Cheap.
  virtual Result<> check_in_place() { return {}; }

  // --- Reads for the pump
  /// What other processes (or objects) have committed since the last call. Cheap where that is nothing.
  virtual Result<Changes> changes() = 0;

  /// Delivery queues with a number above `after`, by number.
  virtual Result<std::vector<DeliveryQueue>> queues(QueueNo after) = 0;

  // These take a batch, so that a turn asks each of them once or a few times, whatever its size; they answer
  // in the order of what was asked. The forms for one ask a batch of one.

  /// The delivery queues of those numbers, which must exist.
  virtual Result<std::vector<DeliveryQueue>> queues_by_number(std::span<const QueueNo> numbers) = 0;
  Result<DeliveryQueue> queue(QueueNo no);

  /// True where the journal knows several destinations of the delivery queue, whether or not anything waits
  /// for them.
  virtual Result<std::vector<bool>> several_destinations(std::span<const QueueNo> queues) = 0;
  Result<bool> has_several_destinations(QueueNo queue);

  /// Deliveries of a delivery queue above a position, in the order of position and generation, whatever their
  /// state; at most so many, and those that are at the position of the last one. Fewer than the limit means
  /// that the end was reached.
  virtual Result<DeliveryRows> scan_queues(std::span<const QueueScan> scans) = 0;
  Result<std::vector<DeliveryRow>> scan(QueueNo queue, Position after, std::size_t limit);

  /// Deliveries of a delivery queue in retry_wait behind `after`, up to `until` included, in the order in
  /// which they come due; at most so many. Fewer than the limit means that the end was reached.
  virtual Result<DeliveryRows> due_in_queues(std::span<const DueScan> scans) = 0;
  Result<std::vector<DeliveryRow>> due(QueueNo queue, const DuePlace& after, const DuePlace& until,
                                       std::size_t limit);

  /// When the first delivery of a delivery queue in retry_wait behind that place is due.
  virtual Result<std::vector<std::optional<WallTime>>> next_due_in_queues(
      std::span<const PlaceInQueue> places) = 0;
  Result<std::optional<WallTime>> next_due(QueueNo queue, const DuePlace& after);

  /// What stands before each of these in its lane. They must have an entity.
  virtual Result<std::vector<Predecessor>> predecessors(std::span<const DeliveryRow> rows) = 0;
  Result<Predecessor> predecessor(const DeliveryRow& row);

  /// What is to go next in the lane of each of these: its open deliveries below the first gap, lowest number
  /// first. The first one in whatever state it is; after it those that are pending, up to one that is not; at
  /// most `limit`. In a lane that is not sparse nothing below the given one may be open, and is not looked
  /// for, unless the start of the stream was lowered.
  virtual Result<DeliveryRows> open_in_lanes(std::span<const DeliveryRow> rows, std::size_t limit) = 0;
  Result<std::vector<DeliveryRow>> open_in_lane(const DeliveryRow& row, std::size_t limit);

  /// The first open delivery in the lane of each of these, gaps or not; nothing where all are done.
  virtual Result<std::vector<std::optional<DeliveryRow>>> heads(std::span<const DeliveryKey> keys) = 0;
  Result<std::optional<DeliveryRow>> head(const DeliveryKey& key);

  /// All open deliveries in the lane of the delivery `key`, gaps or not, the lowest number first.
  virtual Result<std::vector<DeliveryRow>> all_open_in_lane(const DeliveryKey& key) = 0;

  /// When the oldest open gap began; nothing if no gap is open. Cheap.
  virtual Result<std::optional<WallTime>> oldest_gap() = 0;

  /// The number of the newest action of an operator; 0: none.
  virtual Result<std::int64_t> newest_action() = 0;
  /// Wakeups after number `after`, in order; at most `limit`. Those of a delivery queue up to its
  /// `last_wakeup` are left out.
  virtual Result<std::vector<LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) = 0;
  /// Up to where the wakeups of all delivery queues were followed when that was saved last.
  virtual Result<std::int64_t> saved_wakeup() = 0;

  /// The next offset of a partition of a source, as Transaction::advance_source has set it; nothing: never.
  virtual Result<std::optional<std::int64_t>> next_offset(std::string_view source,
                                                          std::string_view partition) = 0;

  virtual Result<StateCounts> state_counts() = 0;

  /// What the traces that events of this journal start are made of; the same for the journal's whole life.
  virtual Result<tracing::TraceSeed> trace_seed() = 0;

  // --- Reads for operators
  /// Walks over open deliveries: the next ones after `from`, at most `limit` of them. Each call sees the
  /// journal as it is then, so that a walk costs no memory and holds no writer back; a delivery that changes
  /// meanwhile may be passed over or be found as it was.
  virtual Result<SelectedPage> select(const Selection& selection, const SelectionPlace& from,
                                      std::size_t limit) = 0;

  /// How many attempts acknowledge() would acknowledge, without a limit.
  virtual Result<std::int64_t> unknown_outcomes(const DeliveryFilter& which) = 0;

  /// The names in `filter` that this journal does not know, as "entity X" or "host Y": probably mistyped.
  virtual Result<std::vector<std::string>> unknown_names(const DeliveryFilter& filter) = 0;

  // --- Reads of subscriptions
  /// Goes up with every change of any subscription. Cheap.
  virtual Result<std::int64_t> subscriptions_version() = 0;
  /// All that are not removed, by number, secrets included.
  virtual Result<std::vector<Subscription>> subscriptions() = 0;
  /// Those that are not closed, by destination.
  virtual Result<std::vector<CircuitRow>> circuits() = 0;
  /// Those that are kept, by destination; some may be over.
  virtual Result<std::vector<PaceRow>> paces() = 0;
  /// The same of throttles.
  virtual Result<std::vector<ThrottleRow>> throttles() = 0;

  /// The rejected lines that wait for an operator.
  virtual Result<RejectCount> open_rejects() = 0;

  /// Of the events from `from` to `to`, both included, the deliveries that are not final of the first one
  /// that has any; for a process that follows the events it appended.
  virtual Result<std::vector<DeliveryRow>> first_open(Position from, Position to) = 0;
};

}  // namespace dispatch::journal
