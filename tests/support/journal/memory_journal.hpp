#pragma once

#include "journal/journal.hpp"
#include "support/journal/memory_store.hpp"
#include "support/journal/owned_transaction.hpp"

#include <memory>

namespace dispatch::test {

/// The journal in memory: keeps every promise of the seam but the disk's. Objects on one store behave as
/// processes on one file do. For tests of what stands on the journal; slow where a store holds more than some
/// thousand events.
class MemoryJournal final : public journal::Journal {
 public:
  explicit MemoryJournal(std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>())
      : store_(std::move(store)) {}

  Result<std::unique_ptr<journal::Transaction>> begin() override;

  Result<journal::Changes> changes() override;
  Result<std::vector<journal::DeliveryQueue>> queues(QueueNo after) override;
  Result<std::vector<journal::DeliveryQueue>> queues_by_number(std::span<const QueueNo> numbers) override;
  Result<std::vector<bool>> several_destinations(std::span<const QueueNo> queues) override;
  Result<journal::DeliveryRows> scan_queues(std::span<const journal::QueueScan> scans) override;
  Result<journal::DeliveryRows> due_in_queues(std::span<const journal::DueScan> scans) override;
  Result<std::vector<std::optional<WallTime>>> next_due_in_queues(
      std::span<const journal::PlaceInQueue> places) override;
  Result<std::vector<journal::Predecessor>> predecessors(std::span<const journal::DeliveryRow> rows) override;
  Result<journal::DeliveryRows> open_in_lanes(std::span<const journal::DeliveryRow> rows,
                                              std::size_t limit) override;
  Result<std::vector<std::optional<journal::DeliveryRow>>> heads(
      std::span<const journal::DeliveryKey> keys) override;
  Result<std::vector<journal::DeliveryRow>> all_open_in_lane(const journal::DeliveryKey& key) override;
  Result<std::int64_t> unknown_outcomes(const journal::DeliveryFilter& which) override;
  Result<std::optional<WallTime>> oldest_gap() override;
  Result<std::int64_t> newest_action() override;
  Result<std::vector<journal::LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) override;
  Result<std::int64_t> saved_wakeup() override;
  Result<std::optional<std::int64_t>> next_offset(std::string_view source,
                                                  std::string_view partition) override;
  Result<journal::StateCounts> state_counts() override;
  Result<tracing::TraceSeed> trace_seed() override;
  Result<journal::SelectedPage> select(const journal::Selection& selection,
                                       const journal::SelectionPlace& from, std::size_t limit) override;
  Result<std::vector<std::string>> unknown_names(const journal::DeliveryFilter& filter) override;
  Result<std::shared_ptr<const SubscriptionSet>> subscriptions() override;
  Result<std::vector<journal::CircuitRow>> circuits() override;
  Result<journal::RejectCount> open_rejects() override;
  Result<std::vector<journal::PaceRow>> paces() override;
  Result<std::vector<journal::ThrottleRow>> throttles() override;
  Result<std::vector<journal::DeliveryRow>> first_open(Position from, Position to) override;

 private:
  friend class OwnedTransaction<MemoryJournal>;

  // One answer of a batch.
  std::vector<journal::DeliveryRow> scan_one(const journal::QueueScan& what);
  std::vector<journal::DeliveryRow> due_one(const journal::DueScan& what);
  std::optional<WallTime> next_due_one(const journal::PlaceInQueue& where);
  journal::Predecessor predecessor_of(const journal::DeliveryRow& row);
  std::vector<journal::DeliveryRow> open_in_lane_of(const journal::DeliveryRow& row, std::size_t limit);
  std::optional<journal::DeliveryRow> head_of(const journal::DeliveryKey& key);

  // The writes of the transaction that is open.
  Result<journal::AppendReport> append(std::span<const Arrival> arrivals, const journal::StreamStart& start,
                                       WallTime now);
  Result<bool> advance_source(const journal::SourceMark& mark);
  Result<std::vector<journal::Begun>> begin(std::span<const journal::Intent> intents, WallTime now);
  Result<std::vector<journal::Settled>> settle(std::span<const journal::Settlement> settlements);
  Result<std::size_t> recover(journal::Orphans orphans, const journal::Abandoned& left, WallTime now,
                              std::size_t limit);
  Result<std::int64_t> bound_waits(WallTime now, std::chrono::microseconds longest);
  Result<std::int64_t> move_waits(std::chrono::microseconds by, WallTime now,
                                  std::chrono::microseconds longest);
  Result<std::int64_t> release(std::span<const journal::DeliveryKey> deliveries, WallTime now);
  Result<std::int64_t> discard(std::span<const journal::DeliveryKey> deliveries, WallTime now);
  Result<std::int64_t> cancel(std::span<const journal::DeliveryKey> deliveries, WallTime now);
  Result<std::int64_t> retry_now(std::span<const journal::DeliveryKey> deliveries, WallTime now);
  Result<std::int64_t> acknowledge(const journal::DeliveryFilter& which, WallTime now, std::size_t limit);
  Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(
      std::string_view entity, std::optional<SequenceNumber> only, WallTime now);
  Result<journal::GapCount> give_up_gaps(WallTime until, WallTime now, std::size_t limit);
  Result<SubscriptionNo> put_subscription(const Subscription& subscription, WallTime now);
  Result<std::int64_t> remove_subscription(SubscriptionNo no, WallTime now);
  Result<> pause_subscriptions(std::span<const SubscriptionNo> numbers, std::string_view reason,
                               WallTime now);
  Result<> resume_subscription(SubscriptionNo no, WallTime now);
  Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events, WallTime now);
  Result<std::int64_t> replay(std::span<const journal::DeliveryKey> deliveries,
                              const std::optional<Route>& route, WallTime now);
  Result<std::size_t> queue_rejects(std::span<const journal::RejectedLine> lines,
                                    const journal::RejectCount& most, WallTime now);
  Result<> unqueue_rejects(std::span<const std::string_view> texts);
  Result<journal::RejectCount> clear_rejects(const journal::RejectSelection& which, WallTime now,
                                             std::size_t limit);
  Result<> save_paces(std::span<const journal::PaceRow> changed, std::span<const DestinationNo> over);
  Result<> save_throttles(std::span<const journal::ThrottleRow> changed, std::span<const DestinationNo> over);
  Result<> save_circuits(std::span<const journal::CircuitRow> changed, std::span<const DestinationNo> closed);
  Result<> save_progress(std::span<const journal::DeliveryQueue> queues, std::int64_t last_wakeup);
  Result<journal::CommitToken> commit_transaction();
  void end_transaction() noexcept;

  std::shared_ptr<const MemoryState> read();
  MemoryState& write();
  std::shared_ptr<const Subscription> subscription(SubscriptionNo no);
  Result<> check_route(const Route& route);
  void give_up_if_removed(journal::DeliveryRow& row);
  void subscription_changed(const std::shared_ptr<const Subscription>& now);
  template <class Change>
  std::int64_t change_dead_letters(std::span<const journal::DeliveryKey> deliveries, WallTime now,
                                   Change change);

  std::shared_ptr<MemoryStore> store_;
  bool in_turn_ = false;
  std::shared_ptr<MemoryState>
      turn_;  // what this turn has made of the committed state; none before it writes
  std::optional<std::string> partial_reject_;  // the text so far of a line that comes in pieces
  std::optional<std::uint64_t> seen_version_;  // by changes(); commits of our own count as seen
  Position seen_event_{};
};

}  // namespace dispatch::test
