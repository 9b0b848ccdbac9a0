#pragma once

#include "base/error.hpp"
#include "event/subscription_set.hpp"
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

/// The interface of the journal, the source of truth; all other state is a cache of it.
///
/// All writes happen in transactions. Any number of processes can have transactions on one journal. Reads see
/// the last commit and, while a transaction of this object is open, also its writes.
///
/// Each object is used by one thread at a time.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Begins a transaction. A journal has one at a time; this call waits until the transactions of others have
  /// ended.
  virtual Result<std::unique_ptr<Transaction>> begin() = 0;

  /// Returns, once, the error of the journal's housekeeping after the last commit: the write-ahead log could
  /// not be copied into the database. Committed data is safe and transactions can go on, but the log grows
  /// until the cause is fixed, so a run should end. A journal without such work returns nothing.
  virtual std::optional<Error> take_checkpoint_error() { return std::nullopt; }

  /// Tidies up at the end of a run, as far as readers allow: a journal kept in files becomes one file.
  /// Optional. Do not call inside a transaction.
  virtual Result<> checkpoint() { return {}; }

  /// Returns `unavailable` if the journal's file was removed or replaced since it was opened. Every
  /// transaction checks this itself; this call is for a caller that waits without a transaction. Cheap.
  virtual Result<> check_in_place() { return {}; }

  // --- Reads for the pump
  /// Returns what other processes (or objects) have committed since the last call. Cheap if they committed
  /// nothing.
  virtual Result<Changes> changes() = 0;

  /// Delivery queues with a number above `after`, in order of their numbers.
  virtual Result<std::vector<DeliveryQueue>> queues(QueueNo after) = 0;

  // The next reads take a batch, so that a turn asks each of them only once or a few times, however large the
  // turn is. The answers have the order of the questions. The non-virtual forms ask for one.

  /// The delivery queues with these numbers. They must exist.
  virtual Result<std::vector<DeliveryQueue>> queues_by_number(std::span<const QueueNo> numbers) = 0;
  Result<DeliveryQueue> queue(QueueNo no);

  /// For each delivery queue: true if the journal knows several destinations of it, whether or not deliveries
  /// wait for them.
  virtual Result<std::vector<bool>> several_destinations(std::span<const QueueNo> queues) = 0;
  Result<bool> has_several_destinations(QueueNo queue);

  /// Deliveries of a delivery queue above a position, in any state, ordered by position and generation: at
  /// most `limit`, plus the others at the position of the last one. Fewer than `limit` means that the end was
  /// reached.
  virtual Result<DeliveryRows> scan_queues(std::span<const QueueScan> scans) = 0;
  Result<std::vector<DeliveryRow>> scan(QueueNo queue, Position after, std::size_t limit);

  /// Deliveries of a delivery queue in retry_wait behind `after`, up to and including `until`, in the order
  /// in which they become due; at most `limit`. Fewer than `limit` means that the end was reached.
  virtual Result<DeliveryRows> due_in_queues(std::span<const DueScan> scans) = 0;
  Result<std::vector<DeliveryRow>> due(QueueNo queue, const DuePlace& after, const DuePlace& until,
                                       std::size_t limit);

  /// When the first delivery in retry_wait behind that place becomes due; nothing if there is none.
  virtual Result<std::vector<std::optional<WallTime>>> next_due_in_queues(
      std::span<const PlaceInQueue> places) = 0;
  Result<std::optional<WallTime>> next_due(QueueNo queue, const DuePlace& after);

  /// For each delivery: what precedes it in its lane. Each delivery must have an entity.
  virtual Result<std::vector<Predecessor>> predecessors(std::span<const DeliveryRow> rows) = 0;
  Result<Predecessor> predecessor(const DeliveryRow& row);

  /// For each delivery: what goes next in its lane, which are the open deliveries below the first gap, lowest
  /// sequence number first. The first one is returned in any state; after it only pending ones, up to the
  /// first that is not pending; at most `limit`. In a lane that is not sparse everything below the given
  /// delivery is done, so the search starts there, unless the start of the stream was lowered.
  virtual Result<DeliveryRows> open_in_lanes(std::span<const DeliveryRow> rows, std::size_t limit) = 0;
  Result<std::vector<DeliveryRow>> open_in_lane(const DeliveryRow& row, std::size_t limit);

  /// For each delivery: the first open delivery of its lane, even behind a gap; nothing if all are done.
  virtual Result<std::vector<std::optional<DeliveryRow>>> heads(std::span<const DeliveryKey> keys) = 0;
  Result<std::optional<DeliveryRow>> head(const DeliveryKey& key);

  /// All open deliveries in the lane of `key`, even behind a gap, lowest sequence number first.
  virtual Result<std::vector<DeliveryRow>> all_open_in_lane(const DeliveryKey& key) = 0;

  /// When the oldest open gap began; nothing if no gap is open. Cheap.
  virtual Result<std::optional<WallTime>> oldest_gap() = 0;

  /// The number of the newest operator action; 0 if there is none.
  virtual Result<std::int64_t> newest_action() = 0;
  /// Wakeups with a number above `after`, in order; at most `limit`. Leaves out those that a delivery queue
  /// has handled already (up to its `last_wakeup`).
  virtual Result<std::vector<LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) = 0;
  /// The number of the last wakeup that all delivery queues had handled when save_progress() was last called.
  virtual Result<std::int64_t> saved_wakeup() = 0;

  /// The next offset of a partition of a source, as Transaction::advance_source has set it; nothing if it was
  /// never set.
  virtual Result<std::optional<std::int64_t>> next_offset(std::string_view source,
                                                          std::string_view partition) = 0;

  virtual Result<StateCounts> state_counts() = 0;

  /// The seed of the traces that events of this journal start; the same for the journal's whole life.
  virtual Result<tracing::TraceSeed> trace_seed() = 0;

  // --- Reads for operators
  /// Returns one page of a walk over open deliveries: the next ones after `from`, at most `limit`. Each call
  /// reads the journal as it is at that time, so that a walk needs little memory and blocks no writer. A walk
  /// can miss a delivery that changes meanwhile, or return its old state.
  virtual Result<SelectedPage> select(const Selection& selection, const SelectionPlace& from,
                                      std::size_t limit) = 0;

  /// The number of attempts that acknowledge() would acknowledge without a limit.
  virtual Result<std::int64_t> unknown_outcomes(const DeliveryFilter& which) = 0;

  /// The names in `filter` that this journal does not know, as "entity X" or "host Y". They are probably
  /// mistyped.
  virtual Result<std::vector<std::string>> unknown_names(const DeliveryFilter& filter) = 0;

  // --- Reads of subscriptions
  /// All subscriptions that are not removed, with their secrets and their version; never null. Cheap if they
  /// have not changed since the last call: only the version is read.
  virtual Result<std::shared_ptr<const SubscriptionSet>> subscriptions() = 0;
  /// Circuits that are not closed, ordered by destination.
  virtual Result<std::vector<CircuitRow>> circuits() = 0;
  /// The saved paces, ordered by destination. Some may have expired.
  virtual Result<std::vector<PaceRow>> paces() = 0;
  /// The saved throttles, ordered by destination. Some may have expired.
  virtual Result<std::vector<ThrottleRow>> throttles() = 0;

  /// The number and size of the rejected lines that wait for an operator.
  virtual Result<RejectCount> open_rejects() = 0;

  /// Finds the first event from `from` to `to`, both included, that has deliveries which are not final, and
  /// returns these deliveries. For a process that follows the events it appended.
  virtual Result<std::vector<DeliveryRow>> first_open(Position from, Position to) = 0;
};

}  // namespace dispatch::journal
