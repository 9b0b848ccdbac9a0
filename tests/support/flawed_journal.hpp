#pragma once

#include "journal/journal.hpp"
#include "support/owned_transaction.hpp"

#include <memory>
#include <utility>

namespace dispatch::test {

/// A journal that does as the one behind it; a test plants a bug by overriding a call.
class FlawedJournal : public journal::Journal {
 public:
  explicit FlawedJournal(std::unique_ptr<journal::Journal> sound) : sound_(std::move(sound)) {}

  Result<std::unique_ptr<journal::Transaction>> begin() override {
    auto sound = sound_->begin();
    if (!sound) return sound;
    transaction_ = std::move(*sound);
    return std::make_unique<OwnedTransaction<FlawedJournal>>(*this);
  }
  virtual Result<journal::CommitToken> commit_transaction() { return transaction_->commit(); }
  void end_transaction() { transaction_.reset(); }
  std::optional<Error> take_checkpoint_error() override { return sound_->take_checkpoint_error(); }
  Result<> check_in_place() override { return sound_->check_in_place(); }
  virtual Result<journal::AppendReport> append(std::span<const Arrival> arrivals,
                                               const journal::StreamStart& start, WallTime now) {
    return transaction_->append(arrivals, start, now);
  }
  virtual Result<std::vector<journal::Begun>> begin(std::span<const journal::Intent> intents, WallTime now) {
    return transaction_->begin(intents, now);
  }
  virtual Result<std::vector<journal::Settled>> settle(std::span<const journal::Settlement> settlements) {
    return transaction_->settle(settlements);
  }
  virtual Result<std::size_t> recover(journal::Orphans orphans, const journal::Abandoned& left, WallTime now,
                                      std::size_t limit) {
    return transaction_->recover(orphans, left, now, limit);
  }
  virtual Result<std::int64_t> bound_waits(WallTime now, std::chrono::microseconds longest) {
    return transaction_->bound_waits(now, longest);
  }
  virtual Result<std::int64_t> move_waits(std::chrono::microseconds by, WallTime now,
                                          std::chrono::microseconds longest) {
    return transaction_->move_waits(by, now, longest);
  }
  virtual Result<std::int64_t> release(std::span<const journal::DeliveryKey> deliveries, WallTime now) {
    return transaction_->release(deliveries, now);
  }
  virtual Result<std::int64_t> discard(std::span<const journal::DeliveryKey> deliveries, WallTime now) {
    return transaction_->discard(deliveries, now);
  }
  virtual Result<std::int64_t> cancel(std::span<const journal::DeliveryKey> deliveries, WallTime now) {
    return transaction_->cancel(deliveries, now);
  }
  virtual Result<std::int64_t> retry_now(std::span<const journal::DeliveryKey> deliveries, WallTime now) {
    return transaction_->retry_now(deliveries, now);
  }
  virtual Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(
      std::string_view entity, std::optional<SequenceNumber> only, WallTime now) {
    return transaction_->skip_gap(entity, only, now);
  }
  virtual Result<journal::GapCount> give_up_gaps(WallTime until, WallTime now, std::size_t limit) {
    return transaction_->give_up_gaps(until, now, limit);
  }
  virtual Result<SubscriptionNo> put_subscription(const Subscription& subscription, WallTime now) {
    return transaction_->put_subscription(subscription, now);
  }
  virtual Result<std::int64_t> remove_subscription(SubscriptionNo no, WallTime now) {
    return transaction_->remove_subscription(no, now);
  }
  virtual Result<> pause_subscription(SubscriptionNo no, std::string_view reason, WallTime now) {
    return transaction_->pause_subscription(no, reason, now);
  }
  virtual Result<> resume_subscription(SubscriptionNo no, WallTime now) {
    return transaction_->resume_subscription(no, now);
  }
  virtual Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events, WallTime now) {
    return transaction_->fan_out(route, events, now);
  }
  virtual Result<std::int64_t> replay(std::span<const journal::DeliveryKey> deliveries,
                                      const std::optional<Route>& route, WallTime now) {
    return transaction_->replay(deliveries, route, now);
  }
  virtual Result<std::size_t> queue_rejects(std::span<const journal::RejectedLine> lines,
                                            const journal::RejectCount& most, WallTime now) {
    return transaction_->queue_rejects(lines, most, now);
  }
  virtual Result<> unqueue_rejects(std::span<const std::string_view> texts) {
    return transaction_->unqueue_rejects(texts);
  }
  virtual Result<journal::RejectCount> clear_rejects(const journal::RejectSelection& which, WallTime now,
                                                     std::size_t limit) {
    return transaction_->clear_rejects(which, now, limit);
  }
  virtual Result<> save_paces(std::span<const journal::PaceRow> changed,
                              std::span<const DestinationNo> over) {
    return transaction_->save_paces(changed, over);
  }
  virtual Result<> save_throttles(std::span<const journal::ThrottleRow> changed,
                                  std::span<const DestinationNo> over) {
    return transaction_->save_throttles(changed, over);
  }
  virtual Result<> save_circuits(std::span<const journal::CircuitRow> changed,
                                 std::span<const DestinationNo> closed) {
    return transaction_->save_circuits(changed, closed);
  }
  virtual Result<> save_progress(std::span<const journal::DeliveryQueue> queues, std::int64_t last_wakeup) {
    return transaction_->save_progress(queues, last_wakeup);
  }
  Result<journal::Changes> changes() override { return sound_->changes(); }
  Result<std::vector<journal::DeliveryQueue>> queues(QueueNo after) override { return sound_->queues(after); }
  Result<journal::DeliveryQueue> queue(QueueNo no) override { return sound_->queue(no); }
  Result<bool> has_several_destinations(QueueNo queue) override {
    return sound_->has_several_destinations(queue);
  }
  Result<std::vector<journal::DeliveryRow>> scan(QueueNo queue, Position after, std::size_t limit) override {
    return sound_->scan(queue, after, limit);
  }
  Result<std::vector<journal::DeliveryRow>> due(QueueNo queue, const journal::DuePlace& after,
                                                const journal::DuePlace& until, std::size_t limit) override {
    return sound_->due(queue, after, until, limit);
  }
  Result<std::optional<WallTime>> next_due(QueueNo queue, const journal::DuePlace& after) override {
    return sound_->next_due(queue, after);
  }
  Result<journal::Predecessor> predecessor(const journal::DeliveryRow& row) override {
    return sound_->predecessor(row);
  }
  Result<std::vector<journal::DeliveryRow>> open_in_lane(const journal::DeliveryRow& row,
                                                         std::size_t limit) override {
    return sound_->open_in_lane(row, limit);
  }
  Result<std::optional<journal::DeliveryRow>> head(const journal::DeliveryKey& key) override {
    return sound_->head(key);
  }
  Result<std::vector<journal::DeliveryRow>> all_open_in_lane(const journal::DeliveryKey& key) override {
    return sound_->all_open_in_lane(key);
  }
  virtual Result<std::int64_t> acknowledge(const journal::DeliveryFilter& which, WallTime now,
                                           std::size_t limit) {
    return transaction_->acknowledge(which, now, limit);
  }
  Result<std::int64_t> unknown_outcomes(const journal::DeliveryFilter& which) override {
    return sound_->unknown_outcomes(which);
  }
  Result<std::optional<WallTime>> oldest_gap() override { return sound_->oldest_gap(); }
  Result<std::int64_t> newest_action() override { return sound_->newest_action(); }
  Result<std::vector<journal::LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) override {
    return sound_->wakeups(after, limit);
  }
  Result<std::int64_t> saved_wakeup() override { return sound_->saved_wakeup(); }
  Result<tracing::TraceSeed> trace_seed() override { return sound_->trace_seed(); }
  Result<journal::SelectedPage> select(const journal::Selection& selection,
                                       const journal::SelectionPlace& from, std::size_t limit) override {
    return sound_->select(selection, from, limit);
  }
  Result<std::vector<std::string>> unknown_names(const journal::DeliveryFilter& filter) override {
    return sound_->unknown_names(filter);
  }
  Result<std::int64_t> subscriptions_version() override { return sound_->subscriptions_version(); }
  Result<std::vector<Subscription>> subscriptions() override { return sound_->subscriptions(); }
  Result<std::vector<journal::PaceRow>> paces() override { return sound_->paces(); }
  Result<std::vector<journal::ThrottleRow>> throttles() override { return sound_->throttles(); }
  Result<std::vector<journal::CircuitRow>> circuits() override { return sound_->circuits(); }
  Result<journal::StateCounts> state_counts() override { return sound_->state_counts(); }
  Result<journal::RejectCount> open_rejects() override { return sound_->open_rejects(); }
  Result<std::vector<journal::DeliveryRow>> first_open(Position from, Position to) override {
    return sound_->first_open(from, to);
  }

 protected:
  journal::Journal& sound() { return *sound_; }
  /// The one that is open.
  journal::Transaction& sound_transaction() { return *transaction_; }

 private:
  std::unique_ptr<journal::Journal> sound_;
  std::unique_ptr<journal::Transaction> transaction_;
};

}  // namespace dispatch::test
