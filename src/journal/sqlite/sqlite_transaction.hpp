#pragma once

#include "journal/sqlite/writing/turn_writer.hpp"
#include "journal/transaction.hpp"

#include <memory>

namespace dispatch::journal {

class SqliteParts;

/// A transaction on a SQLite journal. It holds the journal's writer lock from begin to end.
class SqliteTransaction final : public Transaction {
 public:
  /// `parts` must outlive the transaction, and no other transaction may be open on them.
  static Result<std::unique_ptr<Transaction>> begin(SqliteParts& parts);
  ~SqliteTransaction() override;
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  Result<CommitToken> commit() override;
  Result<CommitToken> commit_async() override;

  Result<AppendReport> append(std::span<const Arrival> arrivals, const StreamStart& start,
                              WallTime now) override;
  Result<bool> advance_source(const SourceMark& mark) override;
  Result<std::vector<Begun>> begin(std::span<const Intent> intents, WallTime now) override;
  Result<std::vector<Settled>> settle(std::span<const Settlement> settlements) override;
  Result<std::size_t> recover(Orphans orphans, const Abandoned& left, WallTime now,
                              std::size_t limit) override;
  Result<std::int64_t> bound_waits(WallTime now, std::chrono::microseconds longest) override;
  Result<std::int64_t> move_waits(std::chrono::microseconds by, WallTime now,
                                  std::chrono::microseconds longest) override;
  Result<std::int64_t> release(std::span<const DeliveryKey> deliveries, WallTime now) override;
  Result<std::int64_t> discard(std::span<const DeliveryKey> deliveries, WallTime now) override;
  Result<std::int64_t> cancel(std::span<const DeliveryKey> deliveries, WallTime now) override;
  Result<std::int64_t> retry_now(std::span<const DeliveryKey> deliveries, WallTime now) override;
  Result<std::int64_t> acknowledge(const DeliveryFilter& which, WallTime now, std::size_t limit) override;
  Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(
      std::string_view entity, std::optional<SequenceNumber> only, WallTime now) override;
  Result<GapCount> give_up_gaps(WallTime until, WallTime now, std::size_t limit) override;
  Result<SubscriptionNo> put_subscription(const Subscription& subscription, WallTime now) override;
  Result<std::int64_t> remove_subscription(SubscriptionNo no, WallTime now) override;
  Result<> pause_subscriptions(std::span<const SubscriptionNo> numbers, std::string_view reason,
                               WallTime now) override;
  Result<> resume_subscription(SubscriptionNo no, WallTime now) override;
  Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events, WallTime now) override;
  Result<std::int64_t> replay(std::span<const DeliveryKey> deliveries, const std::optional<Route>& route,
                              WallTime now) override;
  Result<std::size_t> queue_rejects(std::span<const RejectedLine> lines, const RejectCount& most,
                                    WallTime now) override;
  Result<> unqueue_rejects(std::span<const std::string_view> texts) override;
  Result<RejectCount> clear_rejects(const RejectSelection& which, WallTime now, std::size_t limit) override;
  Result<> save_paces(std::span<const PaceRow> changed, std::span<const DestinationNo> over) override;
  Result<> save_throttles(std::span<const ThrottleRow> changed, std::span<const DestinationNo> over) override;
  Result<> save_circuits(std::span<const CircuitRow> changed, std::span<const DestinationNo> closed) override;
  Result<> save_progress(std::span<const DeliveryQueue> queues, std::int64_t last_wakeup) override;

 private:
  explicit SqliteTransaction(SqliteParts& parts) : parts_(parts) {}
  void undo() noexcept;
  Result<> finish(TurnWriter::Sync sync);
  Result<> check_open(std::string_view doing) const;
  /// Runs `work`. After an error the transaction accepts no more writes: on a full disk SQLite rolls the
  /// transaction back by itself, and later writes would stand alone.
  template <class Work>
  auto write(std::string_view doing, Work work) -> decltype(work());

  SqliteParts& parts_;
  bool open_ = true;
  std::size_t appended_ = 0;
};

}  // namespace dispatch::journal
