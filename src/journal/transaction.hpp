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

/// All writing to a journal: nothing of a transaction is seen by others, or survives a crash, before it is
/// committed, and all of it does once its commit is durable. It ends with the object: what was not committed
/// by then is undone. It must not outlive the journal that began it, and is used by the thread that uses
/// that.
///
/// After an error from a write the transaction takes nothing more; after an error from commit() nothing of it
/// may be assumed.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// Ends the transaction. Nothing more may be written in it.
  virtual Result<CommitToken> commit() = 0;

  /// Appends events in the order given, each with a pending delivery for each of its routes; one without
  /// routes is accepted and recorded as unmatched. Verdicts in the same order. An arrival that is not
  /// accepted changes nothing and does not disturb the others. Where `start` allows it, an arrival before the
  /// start of its stream lowers the start while every delivery of the entity is pending and was never begun;
  /// the numbers between them are a gap. A route of a subscription that is not there is an error (a bug).
  /// What the arrivals borrow must live until the transaction has ended.
  virtual Result<AppendReport> append(std::span<const Arrival> arrivals, const StreamStart& start,
                                      WallTime now) = 0;

  /// Compare-and-set of how far a partition of a source was taken in. False where the mark is not as the
  /// reader expects: another has read on from there. Nothing is changed then, and what was read must not be
  /// committed.
  virtual Result<bool> advance_source(const SourceMark& mark) = 0;

  /// Compare-and-set of each delivery from its intent's state to in_flight, and what is to be sent, with the
  /// subscription as it is now. Same order. In a lane that others may fill from below (is_sparse_lane) it is
  /// also a condition that nothing below the delivery is open; where the start of the stream was lowered,
  /// that holds in every lane, and no gap may be open below it.
  virtual Result<std::vector<Begun>> begin(std::span<const Intent> intents, WallTime now) = 0;

  /// Records the end of attempts that are in flight. Returns for each, in the same order, whether its
  /// delivery was still ours: of one that is not in flight any more, as another owner has taken it over,
  /// nothing is changed. What is neither done nor of use any more, as its subscription was removed, becomes
  /// failed.
  virtual Result<std::vector<Settled>> settle(std::span<const Settlement> settlements) = 0;

  /// For a new owner: deliveries that `left` found in flight when it ended. Each gets its attempt recorded as
  /// unknown, forgiven, and goes to retry_wait, due then, or to the dead letters. At most `limit` of them;
  /// returns how many, 0 when none is left.
  virtual Result<std::size_t> recover(Orphans orphans, const Abandoned& left, WallTime now,
                                      std::size_t limit) = 0;

  /// For a new owner, as the wall clock may have been set since the journal was written: no delivery in
  /// retry_wait is due later than `longest` after `now`. Where the last attempt ended a second or more after
  /// `now`, the clock was set back since: the delivery's whole wait begins at `now`.
  /// Returns how many were changed.
  virtual Result<std::int64_t> bound_waits(WallTime now, std::chrono::microseconds longest) = 0;

  /// The wall clock was set by `by` during a run: what is in retry_wait becomes due that much later, or
  /// earlier where `by` is negative, but no later than `longest` after `now`, and was put off by its receiver
  /// so much later or earlier. Returns how many were changed.
  virtual Result<std::int64_t> move_waits(std::chrono::microseconds by, WallTime now,
                                          std::chrono::microseconds longest) = 0;

  // What operators do to deliveries: each is recorded, and each passes over those of the given deliveries
  // that are not in a state that allows it. They return how many were changed.
  /// Dead letters go back to pending with their attempts forgiven, and their lanes are woken. Their
  /// destinations are asked about as by retry_now().
  virtual Result<std::int64_t> release(std::span<const DeliveryKey> deliveries, WallTime now) = 0;

  /// Dead letters become failed, and their lanes are woken.
  virtual Result<std::int64_t> discard(std::span<const DeliveryKey> deliveries, WallTime now) = 0;

  /// Pending deliveries and those in retry_wait become failed. A lane that may go on is woken.
  virtual Result<std::int64_t> cancel(std::span<const DeliveryKey> deliveries, WallTime now) = 0;

  /// Deliveries in retry_wait become due at `now`, where they were due later. Circuits of their destinations,
  /// and of those of pending deliveries among the given, become half-open where they were open, and what
  /// holds these destinations back until later does so until `now`. All of them are woken, and a run that is
  /// on is asked to find out at once how their destinations are.
  virtual Result<std::int64_t> retry_now(std::span<const DeliveryKey> deliveries, WallTime now) = 0;

  /// Acknowledges the unknown outcomes, not acknowledged yet, of attempts at the deliveries that `which`
  /// selects, in any state. At most `limit` deliveries; returns how many attempts, 0 when none is left. The
  /// deliveries stay as they are.
  virtual Result<std::int64_t> acknowledge(const DeliveryFilter& which, WallTime now, std::size_t limit) = 0;

  /// Accepts that the lowest open gap of `entity` will not be filled, and wakes the lanes behind it. With
  /// `only`, where that gap begins at this number, and else nothing is done: the gap that was looked at has
  /// been filled since. Returns the first and last number skipped; nothing where nothing was done.
  virtual Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(
      std::string_view entity, std::optional<SequenceNumber> only, WallTime now) = 0;

  /// Gives up the open gaps that are there since `until` or longer, the oldest first, as a run does that has
  /// waited for them long enough, and wakes the lanes behind them. At most `limit`; returns what was given
  /// up.
  virtual Result<GapCount> give_up_gaps(WallTime until, WallTime now, std::size_t limit) = 0;

  /// A subscription of a new id is added, and its number given. Of a known one the definition, secrets
  /// included, becomes the given one; `no`, `paused_at` and `pause_reason` are not looked at. Where nothing
  /// is different nothing is changed.
  virtual Result<SubscriptionNo> put_subscription(const Subscription& subscription, WallTime now) = 0;

  /// No event is routed to it any more, and its id is free for a new one. Its deliveries that are pending, in
  /// retry_wait or dead letters become failed; those in flight end as they end. Returns how many became
  /// failed. Changes nothing if the subscription does not exist; the same holds for the two below.
  virtual Result<std::int64_t> remove_subscription(SubscriptionNo no, WallTime now) = 0;

  /// Marks the subscriptions as paused. The caller must hold back their deliveries. Changes nothing of those
  /// that are paused already.
  virtual Result<> pause_subscriptions(std::span<const SubscriptionNo> numbers, std::string_view reason,
                                       WallTime now) = 0;
  Result<> pause_subscription(SubscriptionNo no, std::string_view reason, WallTime now) {
    return pause_subscriptions({&no, 1}, reason, now);
  }
  virtual Result<> resume_subscription(SubscriptionNo no, WallTime now) = 0;

  /// Makes deliveries of events that are in the journal already, along `route`, which is a subscription's.
  /// Events of which there is a delivery of this subscription are passed over. Wakes the delivery queue from
  /// the lowest one made. Returns how many were made.
  ///
  /// What lies in its lane below deliveries that have gone already comes late; what has not gone waits for
  /// it.
  virtual Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events,
                                       WallTime now) = 0;

  /// Makes pending deliveries anew of those given that are done (completed or failed) and the latest of their
  /// event at that delivery queue, or, of a subscription, of their event and subscription; passes over the
  /// others. Of a subscription's they go along `route`, which must be a route of that subscription; direct
  /// ones go along `route` where that is a direct one, and else to where they went, but not failed ones that
  /// have a later direct delivery at any delivery queue: a redirect went on with them. A direct one is passed
  /// over too where a delivery of its event is open at the delivery queue it would go to: so it is made once
  /// for each delivery queue. All that one call makes are of one generation, the next one of the journal, so
  /// that they keep their order and wait for nothing else. Wakes each delivery queue from the lowest one
  /// made. Returns how many were made.
  virtual Result<std::int64_t> replay(std::span<const DeliveryKey> deliveries,
                                      const std::optional<Route>& route, WallTime now) = 0;

  /// Queues rejected lines for an operator, in the order given. Each text is queued once: of one that is
  /// queued, or was cleared, the time and the reason are noted and nothing else. A line in pieces is queued
  /// with its last one; the pieces of a line follow each other, perhaps over several turns, and where another
  /// line begins before the last one has come, it is as if there had been none. Where a line would make the
  /// open ones more than `most`, neither it nor what follows is taken. Returns how many of `lines` were
  /// taken.
  virtual Result<std::size_t> queue_rejects(std::span<const RejectedLine> lines, const RejectCount& most,
                                            WallTime now) = 0;

  /// Lines with these texts were accepted: removes the open ones from the queue. Cleared ones stay cleared.
  /// Costs nothing if none is open.
  virtual Result<> unqueue_rejects(std::span<const std::string_view> texts) = 0;

  /// Clears rejected lines: they are no longer open, and their texts are deleted. At most `limit` of them;
  /// returns what was cleared, nothing when none is left.
  virtual Result<RejectCount> clear_rejects(const RejectSelection& which, WallTime now,
                                            std::size_t limit) = 0;

  /// Keeps the circuits given, and forgets those that are closed now.
  virtual Result<> save_circuits(std::span<const CircuitRow> changed,
                                 std::span<const DestinationNo> closed) = 0;

  /// Keeps the paces given, and forgets those that are over.
  virtual Result<> save_paces(std::span<const PaceRow> changed, std::span<const DestinationNo> over) = 0;

  /// Keeps the throttles given, and forgets those that are over.
  virtual Result<> save_throttles(std::span<const ThrottleRow> changed,
                                  std::span<const DestinationNo> over) = 0;

  /// Remembers from where the pump must read after a restart: `low_watermark` and `last_wakeup` of each
  /// delivery queue given; and that the wakeups of all delivery queues were followed up to `last_wakeup`.
  virtual Result<> save_progress(std::span<const DeliveryQueue> queues, std::int64_t last_wakeup) = 0;
};

/// Commits, and returns when it is durable. An error: nothing of the transaction may be assumed.
inline Result<> commit_durably(Transaction& transaction) {
  DISPATCH_ASSIGN(auto committed, transaction.commit());
  return committed.wait();
}

}  // namespace dispatch::journal
