#pragma once

#include "base/error.hpp"
#include "journal/commit_token.hpp"
#include "journal/rows.hpp"
#include "journal/selection.hpp"
#include "journal/source_mark.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::journal {

/// A write transaction on a journal. Others see its changes only after commit(), and the changes survive a
/// crash once the commit is durable. Destroying an uncommitted transaction rolls it back. It must not outlive
/// its journal, and is used by the thread that uses the journal.
///
/// After an error from a write the transaction accepts no more writes. After an error from commit() assume
/// nothing about its changes.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// Commits and ends the transaction. No more writes are allowed.
  virtual Result<CommitToken> commit() = 0;

  /// Like commit(), for a caller that has other work until the commit is durable (CommitToken::start). The
  /// next transaction can begin at once. Commits become durable in their order: once one is durable, so are
  /// all earlier ones of the journal. If one cannot be made durable, the journal accepts no more writes. A
  /// journal that cannot do this commits as usual.
  virtual Result<CommitToken> commit_async() { return commit(); }

  /// Appends events in the order given, each with a pending delivery for each of its routes; an event without
  /// routes is accepted and recorded as unmatched. The verdicts have the same order. An arrival that is not
  /// accepted changes nothing and does not affect the others. If `start` allows it, an arrival below the
  /// start of its stream lowers the start, as long as every delivery of the entity is pending and was never
  /// begun; the numbers between become a gap. A route of a missing subscription is an error (a bug). Data
  /// that the arrivals borrow must live until the transaction has ended.
  virtual Result<AppendReport> append(std::span<const Arrival> arrivals, const StreamStart& start,
                                      WallTime now) = 0;

  /// Compares and sets how far a partition of a source was read. Returns false, and changes nothing, if the
  /// stored mark is not the one that the reader expects, because another reader has gone on from there. Then
  /// do not commit what was read.
  virtual Result<bool> advance_source(const SourceMark& mark) = 0;

  /// Begins attempts: compares and sets each delivery from its intent's state to in_flight, and returns what
  /// to send, with the subscription's current definition. Same order. In a lane that others can fill from
  /// below (is_sparse_lane), everything below the delivery must also be done. If the start of the stream was
  /// lowered, that holds in every lane, and no gap may be open below the delivery.
  virtual Result<std::vector<Begun>> begin(std::span<const Intent> intents, WallTime now) = 0;

  /// Records the end of attempts that are in flight. Returns for each, in the same order, whether the
  /// delivery was still in flight; if another owner has taken it over, nothing is changed. A delivery that is
  /// not done but whose subscription was removed becomes failed.
  virtual Result<std::vector<Settled>> settle(std::span<const Settlement> settlements) = 0;

  /// For a new owner: handles deliveries that were in flight when the owner `left` ended. Records each
  /// attempt as unknown and forgiven, and moves the delivery to retry_wait, or to the dead letters. Handles
  /// at most `limit`; returns how many, 0 if none is left.
  virtual Result<std::size_t> recover(Orphans orphans, const Abandoned& left, WallTime now,
                                      std::size_t limit) = 0;

  /// For a new owner, because the wall clock may have been set since the journal was written: limits the due
  /// times in retry_wait to `longest` after `now`. If the last attempt ended a second or more after `now`,
  /// the clock was set back, and the delivery's whole wait begins at `now`. Returns the number of changed
  /// deliveries.
  virtual Result<std::int64_t> bound_waits(WallTime now, std::chrono::microseconds longest) = 0;

  /// Corrects times after the wall clock was set by `by` during a run: shifts the due times in retry_wait, to
  /// at most `longest` after `now`, and the times when receivers first asked for time. Negative `by` means
  /// earlier. Returns the number of changed deliveries.
  virtual Result<std::int64_t> move_waits(std::chrono::microseconds by, WallTime now,
                                          std::chrono::microseconds longest) = 0;

  // Operator actions on deliveries. Each is recorded. Each skips those of the given deliveries whose state
  // does not allow it, and returns the number of changed deliveries.
  /// Moves dead letters back to pending, forgives their attempts and wakes their lanes. Probes their
  /// destinations like retry_now().
  virtual Result<std::int64_t> release(std::span<const DeliveryKey> deliveries, WallTime now) = 0;

  /// Moves dead letters to failed and wakes their lanes.
  virtual Result<std::int64_t> discard(std::span<const DeliveryKey> deliveries, WallTime now) = 0;

  /// Moves pending deliveries and those in retry_wait to failed. Wakes lanes that can go on.
  virtual Result<std::int64_t> cancel(std::span<const DeliveryKey> deliveries, WallTime now) = 0;

  /// Makes deliveries in retry_wait due at `now` if they are due later. For the destinations of these and of
  /// the given pending deliveries: open circuits become half-open, and holds that last longer end at `now`.
  /// Wakes all of them, and asks an active run to probe these destinations at once.
  virtual Result<std::int64_t> retry_now(std::span<const DeliveryKey> deliveries, WallTime now) = 0;

  /// Acknowledges the unknown outcomes of attempts at the deliveries that `which` selects, in any state.
  /// Handles at most `limit` deliveries; returns the number of attempts, 0 if none is left. The deliveries do
  /// not change.
  virtual Result<std::int64_t> acknowledge(const DeliveryFilter& which, WallTime now, std::size_t limit) = 0;

  /// Gives up the lowest open gap of `entity` and wakes the lanes behind it. With `only`, does so only if
  /// that gap begins at this number; otherwise the gap that the operator looked at has been filled meanwhile.
  /// Returns the first and last number skipped; nothing if no gap was given up.
  virtual Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(
      std::string_view entity, std::optional<SequenceNumber> only, WallTime now) = 0;

  /// Gives up gaps that opened at `until` or earlier, the oldest first, and wakes the lanes behind them. A
  /// run calls this when it has waited long enough. Gives up at most `limit` gaps; returns what was given up.
  virtual Result<GapCount> give_up_gaps(WallTime until, WallTime now, std::size_t limit) = 0;

  /// Adds a subscription with a new id and returns its number; for a known id replaces the definition,
  /// including secrets. Ignores `no`, `paused_at` and `pause_reason`. Changes nothing if the definition is
  /// the same.
  virtual Result<SubscriptionNo> put_subscription(const Subscription& subscription, WallTime now) = 0;

  /// Removes a subscription: no event is routed to it any more, and its id can be used again. Its pending
  /// deliveries, those in retry_wait and its dead letters become failed; attempts in flight end normally.
  /// Returns the number of deliveries that became failed. Changes nothing if the subscription does not exist;
  /// the same holds for the next two functions.
  virtual Result<std::int64_t> remove_subscription(SubscriptionNo no, WallTime now) = 0;

  /// Marks subscriptions as paused; skips those that are paused already. The caller must hold back their
  /// deliveries.
  virtual Result<> pause_subscriptions(std::span<const SubscriptionNo> numbers, std::string_view reason,
                                       WallTime now) = 0;
  Result<> pause_subscription(SubscriptionNo no, std::string_view reason, WallTime now) {
    return pause_subscriptions({&no, 1}, reason, now);
  }
  virtual Result<> resume_subscription(SubscriptionNo no, WallTime now) = 0;

  /// Makes deliveries of existing events along `route`, which must belong to a subscription. Skips events
  /// that have a delivery of this subscription. Wakes the delivery queue from the lowest new delivery on.
  /// Returns the number of new deliveries.
  ///
  /// In its lane, a new delivery below one that was sent already comes too late for order; one that was not
  /// sent yet waits for it.
  virtual Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events,
                                       WallTime now) = 0;

  /// Makes new pending deliveries for those of `deliveries` that are done (completed or failed) and are the
  /// latest of their event at that delivery queue or, if they are of a subscription, the latest of their
  /// event and subscription. Skips all others.
  ///
  /// Deliveries of a subscription go along `route`, which must belong to that subscription. Direct deliveries
  /// go along `route` if it is a direct one, otherwise to their old destination. A failed direct delivery is
  /// skipped if the event has a later direct delivery at any delivery queue, because a redirect went on with
  /// it. A direct delivery is also skipped if a delivery of its event is open at the target queue, so that
  /// each queue gets it once.
  ///
  /// All new deliveries of one call have one generation, the next one of the journal, so that they keep their
  /// order and wait for nothing else. Wakes each delivery queue from its lowest new delivery on. Returns the
  /// number of new deliveries.
  virtual Result<std::int64_t> replay(std::span<const DeliveryKey> deliveries,
                                      const std::optional<Route>& route, WallTime now) = 0;

  /// Queues rejected lines for an operator, in the order given. Each text is queued once: for a text that is
  /// queued or was cleared, only the time and the reason are updated. A line in pieces is queued with its
  /// last piece. The pieces of a line follow each other, also over several turns; if another line begins
  /// before the last piece, the incomplete line is dropped. Stops at the first line that would make the open
  /// lines more than `most`. Returns how many of `lines` were handled.
  virtual Result<std::size_t> queue_rejects(std::span<const RejectedLine> lines, const RejectCount& most,
                                            WallTime now) = 0;

  /// Removes lines with these texts from the open ones, because they were accepted. Cleared ones stay
  /// cleared. Costs nothing if none is open.
  virtual Result<> unqueue_rejects(std::span<const std::string_view> texts) = 0;

  /// Clears rejected lines: they are no longer open, and their texts are deleted. At most `limit`; returns
  /// what was cleared, nothing if none is left.
  virtual Result<RejectCount> clear_rejects(const RejectSelection& which, WallTime now,
                                            std::size_t limit) = 0;

  /// Saves the given circuits, and deletes those that are closed now.
  virtual Result<> save_circuits(std::span<const CircuitRow> changed,
                                 std::span<const DestinationNo> closed) = 0;

  /// Saves the given paces, and deletes those that have expired.
  virtual Result<> save_paces(std::span<const PaceRow> changed, std::span<const DestinationNo> over) = 0;

  /// Saves the given throttles, and deletes those that have expired.
  virtual Result<> save_throttles(std::span<const ThrottleRow> changed,
                                  std::span<const DestinationNo> over) = 0;

  /// Saves where the pump must read after a restart: `low_watermark` and `last_wakeup` of each given delivery
  /// queue, and that the wakeups of all delivery queues were handled up to `last_wakeup`.
  virtual Result<> save_progress(std::span<const DeliveryQueue> queues, std::int64_t last_wakeup) = 0;
};

/// Commits and waits until the commit is durable. After an error assume nothing about the transaction's
/// changes.
inline Result<> commit_durably(Transaction& transaction) {
  DISPATCH_ASSIGN(auto committed, transaction.commit());
  return committed.wait();
}

}  // namespace dispatch::journal
