#pragma once

#include "journal/journal.hpp"
#include "support/journal/ask_singly.hpp"
#include "support/journal/owned_transaction.hpp"

#include <memory>
#include <utility>

namespace dispatch::test {

/// A journal that does as the one behind it; a test plants a bug by overriding a call.
class FlawedJournal : public journal::Journal {
 public:
  explicit FlawedJournal(std::unique_ptr<journal::Journal> sound) : sound_(std::move(sound)) {}

  Result<std::unique_ptr<journal::Transaction>> begin() override {
    auto begun = sound().begin();
    if (!begun) return begun;
    transaction_ = std::move(*begun);
    return std::make_unique<OwnedTransaction<FlawedJournal>>(*this);
  }
  virtual Result<journal::CommitToken> commit_transaction() { return sound_transaction().commit(); }
  virtual Result<journal::CommitToken> commit_transaction_async() { return commit_transaction(); }
  void end_transaction() { transaction_.reset(); }
  std::optional<Error> take_checkpoint_error() override { return sound().take_checkpoint_error(); }
  Result<> check_in_place() override { return sound().check_in_place(); }
  virtual Result<journal::AppendReport> append(std::span<const Arrival> arrivals,
                                               const journal::StreamStart& start, WallTime now) {
    return sound_transaction().append(arrivals, start, now);
  }
  virtual Result<bool> advance_source(const journal::SourceMark& mark) {
    return sound_transaction().advance_source(mark);
  }
  virtual Result<std::vector<journal::Begun>> begin(std::span<const journal::Intent> intents, WallTime now) {
    return sound_transaction().begin(intents, now);
  }
  virtual Result<std::vector<journal::Settled>> settle(std::span<const journal::Settlement> settlements) {
    return sound_transaction().settle(settlements);
  }
  virtual Result<std::size_t> recover(journal::Orphans orphans, const journal::Abandoned& left, WallTime now,
                                      std::size_t limit) {
    return sound_transaction().recover(orphans, left, now, limit);
  }
  virtual Result<std::int64_t> bound_waits(WallTime now, std::chrono::microseconds longest) {
    return sound_transaction().bound_waits(now, longest);
  }
  virtual Result<std::int64_t> move_waits(std::chrono::microseconds by, WallTime now,
                                          std::chrono::microseconds longest) {
    return sound_transaction().move_waits(by, now, longest);
  }
  virtual Result<std::int64_t> release(std::span<const journal::DeliveryKey> deliveries, WallTime now) {
    return sound_transaction().release(deliveries, now);
  }
  virtual Result<std::int64_t> discard(std::span<const journal::DeliveryKey> deliveries, WallTime now) {
    return sound_transaction().discard(deliveries, now);
  }
  virtual Result<std::int64_t> cancel(std::span<const journal::DeliveryKey> deliveries, WallTime now) {
    return sound_transaction().cancel(deliveries, now);
  }
  virtual Result<std::int64_t> retry_now(std::span<const journal::DeliveryKey> deliveries, WallTime now) {
    return sound_transaction().retry_now(deliveries, now);
  }
  virtual Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(
      std::string_view entity, std::optional<SequenceNumber> only, WallTime now) {
    return sound_transaction().skip_gap(entity, only, now);
  }
  virtual Result<journal::GapCount> give_up_gaps(WallTime until, WallTime now, std::size_t limit) {
    return sound_transaction().give_up_gaps(until, now, limit);
  }
  virtual Result<SubscriptionNo> put_subscription(const Subscription& subscription, WallTime now) {
    return sound_transaction().put_subscription(subscription, now);
  }
  virtual Result<std::int64_t> remove_subscription(SubscriptionNo no, WallTime now) {
    return sound_transaction().remove_subscription(no, now);
  }
  virtual Result<> pause_subscriptions(std::span<const SubscriptionNo> numbers, std::string_view reason,
                                       WallTime now) {
    return sound_transaction().pause_subscriptions(numbers, reason, now);
  }
  virtual Result<> resume_subscription(SubscriptionNo no, WallTime now) {
    return sound_transaction().resume_subscription(no, now);
  }
  virtual Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events, WallTime now) {
    return sound_transaction().fan_out(route, events, now);
  }
  virtual Result<std::int64_t> replay(std::span<const journal::DeliveryKey> deliveries,
                                      const std::optional<Route>& route, WallTime now) {
    return sound_transaction().replay(deliveries, route, now);
  }
  virtual Result<std::size_t> queue_rejects(std::span<const journal::RejectedLine> lines,
                                            const journal::RejectCount& most, WallTime now) {
    return sound_transaction().queue_rejects(lines, most, now);
  }
  virtual Result<> unqueue_rejects(std::span<const std::string_view> texts) {
    return sound_transaction().unqueue_rejects(texts);
  }
  virtual Result<journal::RejectCount> clear_rejects(const journal::RejectSelection& which, WallTime now,
                                                     std::size_t limit) {
    return sound_transaction().clear_rejects(which, now, limit);
  }
  virtual Result<> save_paces(std::span<const journal::PaceRow> changed,
                              std::span<const DestinationNo> over) {
    return sound_transaction().save_paces(changed, over);
  }
  virtual Result<> save_throttles(std::span<const journal::ThrottleRow> changed,
                                  std::span<const DestinationNo> over) {
    return sound_transaction().save_throttles(changed, over);
  }
  virtual Result<> save_circuits(std::span<const journal::CircuitRow> changed,
                                 std::span<const DestinationNo> closed) {
    return sound_transaction().save_circuits(changed, closed);
  }
  virtual Result<> save_progress(std::span<const journal::DeliveryQueue> queues, std::int64_t last_wakeup) {
    return sound_transaction().save_progress(queues, last_wakeup);
  }
  Result<journal::Changes> changes() override { return sound().changes(); }
  Result<std::vector<journal::DeliveryQueue>> queues(QueueNo after) override { return sound().queues(after); }
  // A batch asks these one by one.
  virtual Result<journal::DeliveryQueue> queue(QueueNo no) { return sound().queue(no); }
  virtual Result<bool> has_several_destinations(QueueNo queue) {
    return sound().has_several_destinations(queue);
  }
  virtual Result<std::vector<journal::DeliveryRow>> scan(QueueNo queue, Position after, std::size_t limit) {
    return sound().scan(queue, after, limit);
  }
  virtual Result<std::vector<journal::DeliveryRow>> due(QueueNo queue, const journal::DuePlace& after,
                                                        const journal::DuePlace& until, std::size_t limit) {
    return sound().due(queue, after, until, limit);
  }
  virtual Result<std::optional<WallTime>> next_due(QueueNo queue, const journal::DuePlace& after) {
    return sound().next_due(queue, after);
  }
  virtual Result<journal::Predecessor> predecessor(const journal::DeliveryRow& row) {
    return sound().predecessor(row);
  }
  virtual Result<std::vector<journal::DeliveryRow>> open_in_lane(const journal::DeliveryRow& row,
                                                                 std::size_t limit) {
    return sound().open_in_lane(row, limit);
  }
  virtual Result<std::optional<journal::DeliveryRow>> head(const journal::DeliveryKey& key) {
    return sound().head(key);
  }
  Result<std::vector<journal::DeliveryQueue>> queues_by_number(std::span<const QueueNo> numbers) override {
    return ask_singly(numbers, [&](QueueNo no) { return queue(no); });
  }
  Result<std::vector<bool>> several_destinations(std::span<const QueueNo> queues) override {
    return ask_singly(queues, [&](QueueNo queue) { return has_several_destinations(queue); });
  }
  Result<journal::DeliveryRows> scan_queues(std::span<const journal::QueueScan> scans) override {
    return ask_singly(scans, [&](const auto& one) { return scan(one.queue, one.after, one.limit); });
  }
  Result<journal::DeliveryRows> due_in_queues(std::span<const journal::DueScan> scans) override {
    return ask_singly(scans,
                      [&](const auto& one) { return due(one.queue, one.after, one.until, one.limit); });
  }
  Result<std::vector<std::optional<WallTime>>> next_due_in_queues(
      std::span<const journal::PlaceInQueue> places) override {
    return ask_singly(places, [&](const auto& one) { return next_due(one.queue, one.place); });
  }
  Result<std::vector<journal::Predecessor>> predecessors(
      std::span<const journal::DeliveryRow> rows) override {
    return ask_singly(rows, [&](const auto& row) { return predecessor(row); });
  }
  Result<journal::DeliveryRows> open_in_lanes(std::span<const journal::DeliveryRow> rows,
                                              std::size_t limit) override {
    return ask_singly(rows, [&](const auto& row) { return open_in_lane(row, limit); });
  }
  Result<std::vector<std::optional<journal::DeliveryRow>>> heads(
      std::span<const journal::DeliveryKey> keys) override {
    return ask_singly(keys, [&](const auto& key) { return head(key); });
  }
  Result<std::vector<journal::DeliveryRow>> all_open_in_lane(const journal::DeliveryKey& key) override {
    return sound().all_open_in_lane(key);
  }
  virtual Result<std::int64_t> acknowledge(const journal::DeliveryFilter& which, WallTime now,
                                           std::size_t limit) {
    return sound_transaction().acknowledge(which, now, limit);
  }
  Result<std::int64_t> unknown_outcomes(const journal::DeliveryFilter& which) override {
    return sound().unknown_outcomes(which);
  }
  Result<std::optional<WallTime>> oldest_gap() override { return sound().oldest_gap(); }
  Result<std::int64_t> newest_action() override { return sound().newest_action(); }
  Result<std::vector<journal::LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) override {
    return sound().wakeups(after, limit);
  }
  Result<std::optional<std::int64_t>> next_offset(std::string_view source,
                                                  std::string_view partition) override {
    return sound().next_offset(source, partition);
  }
  Result<std::int64_t> saved_wakeup() override { return sound().saved_wakeup(); }
  Result<tracing::TraceSeed> trace_seed() override { return sound().trace_seed(); }
  Result<journal::SelectedPage> select(const journal::Selection& selection,
                                       const journal::SelectionPlace& from, std::size_t limit) override {
    return sound().select(selection, from, limit);
  }
  Result<std::vector<std::string>> unknown_names(const journal::DeliveryFilter& filter) override {
    return sound().unknown_names(filter);
  }
  Result<std::shared_ptr<const SubscriptionSet>> subscriptions() override { return sound().subscriptions(); }
  Result<std::vector<journal::PaceRow>> paces() override { return sound().paces(); }
  Result<std::vector<journal::ThrottleRow>> throttles() override { return sound().throttles(); }
  Result<std::vector<journal::CircuitRow>> circuits() override { return sound().circuits(); }
  Result<journal::StateCounts> state_counts() override { return sound().state_counts(); }
  Result<journal::RejectCount> open_rejects() override { return sound().open_rejects(); }
  Result<std::vector<journal::DeliveryRow>> first_open(Position from, Position to) override {
    return sound().first_open(from, to);
  }

 protected:
  virtual journal::Journal& sound() { return *sound_; }
  /// The one that is open.
  virtual journal::Transaction& sound_transaction() { return *transaction_; }

 private:
  std::unique_ptr<journal::Journal> sound_;
  std::unique_ptr<journal::Transaction> transaction_;
};

}  // namespace dispatch::test
