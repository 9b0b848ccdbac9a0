#pragma once

#include "journal/journal.hpp"

#include <memory>
#include <utility>

namespace dispatch::test {

/// A journal that does as the one behind it; a test plants a bug by overriding a call.
class FlawedJournal : public journal::Journal {
 public:
  explicit FlawedJournal(std::unique_ptr<journal::Journal> sound) : sound_(std::move(sound)) {}

  Result<> begin_turn() override { return sound_->begin_turn(); }
  Result<> commit_turn() override { return sound_->commit_turn(); }
  void abandon_turn() noexcept override { sound_->abandon_turn(); }
  std::optional<Error> take_checkpoint_error() override { return sound_->take_checkpoint_error(); }
  Result<> check_in_place() override { return sound_->check_in_place(); }
  Result<journal::AppendReport> append(std::span<const Arrival> arrivals, const journal::StreamStart& start,
                                       WallTime now) override {
    return sound_->append(arrivals, start, now);
  }
  Result<std::vector<journal::Begun>> begin(std::span<const journal::Intent> intents, WallTime now) override {
    return sound_->begin(intents, now);
  }
  Result<> settle(std::span<const journal::Settlement> settlements) override {
    return sound_->settle(settlements);
  }
  Result<std::size_t> recover(journal::Orphans orphans, WallTime now, std::size_t limit) override {
    return sound_->recover(orphans, now, limit);
  }
  Result<std::int64_t> bound_waits(WallTime now, std::chrono::microseconds longest) override {
    return sound_->bound_waits(now, longest);
  }
  Result<std::int64_t> move_waits(std::chrono::microseconds by, WallTime now,
                                  std::chrono::microseconds longest) override {
    return sound_->move_waits(by, now, longest);
  }
  Result<std::int64_t> release(std::span<const journal::DeliveryKey> deliveries, WallTime now) override {
    return sound_->release(deliveries, now);
  }
  Result<std::int64_t> discard(std::span<const journal::DeliveryKey> deliveries, WallTime now) override {
    return sound_->discard(deliveries, now);
  }
  Result<std::int64_t> cancel(std::span<const journal::DeliveryKey> deliveries, WallTime now) override {
    return sound_->cancel(deliveries, now);
  }
  Result<std::int64_t> retry_now(std::span<const journal::DeliveryKey> deliveries, WallTime now) override {
    return sound_->retry_now(deliveries, now);
  }
  Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(
      std::string_view entity, std::optional<SequenceNumber> only, WallTime now) override {
    return sound_->skip_gap(entity, only, now);
  }
  Result<journal::GapCount> give_up_gaps(WallTime until, WallTime now, std::size_t limit) override {
    return sound_->give_up_gaps(until, now, limit);
  }
  Result<SubscriptionNo> put_subscription(const Subscription& subscription, WallTime now) override {
    return sound_->put_subscription(subscription, now);
  }
  Result<std::int64_t> remove_subscription(SubscriptionNo no, WallTime now) override {
    return sound_->remove_subscription(no, now);
  }
  Result<> pause_subscription(SubscriptionNo no, std::string_view reason, WallTime now) override {
    return sound_->pause_subscription(no, reason, now);
  }
  Result<> resume_subscription(SubscriptionNo no, WallTime now) override {
    return sound_->resume_subscription(no, now);
  }
  Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events, WallTime now) override {
    return sound_->fan_out(route, events, now);
  }
  Result<std::int64_t> replay(std::span<const journal::DeliveryKey> deliveries,
                              const std::optional<Route>& route, WallTime now) override {
    return sound_->replay(deliveries, route, now);
  }
  Result<std::size_t> queue_rejects(std::span<const journal::RejectedLine> lines,
                                    const journal::RejectCount& most, WallTime now) override {
    return sound_->queue_rejects(lines, most, now);
  }
  Result<> unqueue_rejects(std::span<const std::string_view> texts) override {
    return sound_->unqueue_rejects(texts);
  }
  Result<journal::RejectCount> clear_rejects(const journal::RejectSelection& which, WallTime now,
                                             std::size_t limit) override {
    return sound_->clear_rejects(which, now, limit);
  }
  Result<> save_paces(std::span<const journal::PaceRow> changed,
                      std::span<const DestinationNo> over) override {
    return sound_->save_paces(changed, over);
  }
  Result<> save_throttles(std::span<const journal::ThrottleRow> changed,
                          std::span<const DestinationNo> over) override {
    return sound_->save_throttles(changed, over);
  }
  Result<> save_circuits(std::span<const journal::CircuitRow> changed,
                         std::span<const DestinationNo> closed) override {
    return sound_->save_circuits(changed, closed);
  }
  Result<> save_progress(std::span<const journal::DeliveryQueue> queues, std::int64_t last_wakeup) override {
    return sound_->save_progress(queues, last_wakeup);
  }
  Result<bool> changed_elsewhere() override { return sound_->changed_elsewhere(); }
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
  Result<std::int64_t> acknowledge(const journal::DeliveryFilter& which, WallTime now,
                                   std::size_t limit) override {
    return sound_->acknowledge(which, now, limit);
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

 private:
  std::unique_ptr<journal::Journal> sound_;
};

}  // namespace dispatch::test
