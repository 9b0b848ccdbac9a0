#pragma once

#include "journal/transaction.hpp"

namespace dispatch::test {

/// A transaction that is carried out by the fake journal which began it: each write is a function of that of
/// the same name, and commit_transaction() and end_transaction() are its end.
template <class Owner>
class OwnedTransaction final : public journal::Transaction {
 public:
  explicit OwnedTransaction(Owner& owner) : owner_(owner) {}
  ~OwnedTransaction() override {
    if (open_) owner_.end_transaction();
  }
  OwnedTransaction(const OwnedTransaction&) = delete;
  OwnedTransaction& operator=(const OwnedTransaction&) = delete;

  Result<journal::CommitToken> commit() override {
    if (!open_) return ended();
    auto committed = owner_.commit_transaction();
    open_ = open_ && !committed;
    return committed;
  }
  Result<journal::CommitToken> commit_async() override {
    if constexpr (requires { owner_.commit_transaction_async(); }) {
      if (!open_) return ended();
      auto committed = owner_.commit_transaction_async();
      open_ = open_ && !committed;
      return committed;
    } else {
      return commit();
    }
  }
  Result<journal::AppendReport> append(std::span<const Arrival> arrivals, const journal::StreamStart& start,
                                       WallTime now) override {
    if (!open_) return ended();
    return owner_.append(arrivals, start, now);
  }
  Result<bool> advance_source(const journal::SourceMark& mark) override {
    if (!open_) return ended();
    return owner_.advance_source(mark);
  }
  Result<std::vector<journal::Begun>> begin(std::span<const journal::Intent> intents, WallTime now) override {
    if (!open_) return ended();
    return owner_.begin(intents, now);
  }
  Result<std::vector<journal::Settled>> settle(std::span<const journal::Settlement> settlements) override {
    if (!open_) return ended();
    return owner_.settle(settlements);
  }
  Result<std::size_t> recover(journal::Orphans orphans, const journal::Abandoned& left, WallTime now,
                              std::size_t limit) override {
    if (!open_) return ended();
    return owner_.recover(orphans, left, now, limit);
  }
  Result<std::int64_t> bound_waits(WallTime now, std::chrono::microseconds longest) override {
    if (!open_) return ended();
    return owner_.bound_waits(now, longest);
  }
  Result<std::int64_t> move_waits(std::chrono::microseconds by, WallTime now,
                                  std::chrono::microseconds longest) override {
    if (!open_) return ended();
    return owner_.move_waits(by, now, longest);
  }
  Result<std::int64_t> release(std::span<const journal::DeliveryKey> deliveries, WallTime now) override {
    if (!open_) return ended();
    return owner_.release(deliveries, now);
  }
  Result<std::int64_t> discard(std::span<const journal::DeliveryKey> deliveries, WallTime now) override {
    if (!open_) return ended();
    return owner_.discard(deliveries, now);
  }
  Result<std::int64_t> cancel(std::span<const journal::DeliveryKey> deliveries, WallTime now) override {
    if (!open_) return ended();
    return owner_.cancel(deliveries, now);
  }
  Result<std::int64_t> retry_now(std::span<const journal::DeliveryKey> deliveries, WallTime now) override {
    if (!open_) return ended();
    return owner_.retry_now(deliveries, now);
  }
  Result<std::int64_t> acknowledge(const journal::DeliveryFilter& which, WallTime now,
                                   std::size_t limit) override {
    if (!open_) return ended();
    return owner_.acknowledge(which, now, limit);
  }
  Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(
      std::string_view entity, std::optional<SequenceNumber> only, WallTime now) override {
    if (!open_) return ended();
    return owner_.skip_gap(entity, only, now);
  }
  Result<journal::GapCount> give_up_gaps(WallTime until, WallTime now, std::size_t limit) override {
    if (!open_) return ended();
    return owner_.give_up_gaps(until, now, limit);
  }
  Result<SubscriptionNo> put_subscription(const Subscription& subscription, WallTime now) override {
    if (!open_) return ended();
    return owner_.put_subscription(subscription, now);
  }
  Result<std::int64_t> remove_subscription(SubscriptionNo no, WallTime now) override {
    if (!open_) return ended();
    return owner_.remove_subscription(no, now);
  }
  Result<> pause_subscriptions(std::span<const SubscriptionNo> numbers, std::string_view reason,
                               WallTime now) override {
    if (!open_) return ended();
    return owner_.pause_subscriptions(numbers, reason, now);
  }
  Result<> resume_subscription(SubscriptionNo no, WallTime now) override {
    if (!open_) return ended();
    return owner_.resume_subscription(no, now);
  }
  Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events, WallTime now) override {
    if (!open_) return ended();
    return owner_.fan_out(route, events, now);
  }
  Result<std::int64_t> replay(std::span<const journal::DeliveryKey> deliveries,
                              const std::optional<Route>& route, WallTime now) override {
    if (!open_) return ended();
    return owner_.replay(deliveries, route, now);
  }
  Result<std::size_t> queue_rejects(std::span<const journal::RejectedLine> lines,
                                    const journal::RejectCount& most, WallTime now) override {
    if (!open_) return ended();
    return owner_.queue_rejects(lines, most, now);
  }
  Result<> unqueue_rejects(std::span<const std::string_view> texts) override {
    if (!open_) return ended();
    return owner_.unqueue_rejects(texts);
  }
  Result<journal::RejectCount> clear_rejects(const journal::RejectSelection& which, WallTime now,
                                             std::size_t limit) override {
    if (!open_) return ended();
    return owner_.clear_rejects(which, now, limit);
  }
  Result<> save_paces(std::span<const journal::PaceRow> changed,
                      std::span<const DestinationNo> over) override {
    if (!open_) return ended();
    return owner_.save_paces(changed, over);
  }
  Result<> save_throttles(std::span<const journal::ThrottleRow> changed,
                          std::span<const DestinationNo> over) override {
    if (!open_) return ended();
    return owner_.save_throttles(changed, over);
  }
  Result<> save_circuits(std::span<const journal::CircuitRow> changed,
                         std::span<const DestinationNo> closed) override {
    if (!open_) return ended();
    return owner_.save_circuits(changed, closed);
  }
  Result<> save_progress(std::span<const journal::DeliveryQueue> queues, std::int64_t last_wakeup) override {
    if (!open_) return ended();
    return owner_.save_progress(queues, last_wakeup);
  }

 private:
  static tl::unexpected<Error> ended() {
    return fail("the transaction has ended; nothing more is written in it; this is a bug");
  }

  Owner& owner_;
  bool open_ = true;
};

}  // namespace dispatch::test
