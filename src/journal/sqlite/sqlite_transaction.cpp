#include "journal/sqlite/sqlite_transaction.hpp"

#include "journal/sqlite/sqlite_commit.hpp"
#include "journal/sqlite/sqlite_parts.hpp"
#include "journal/sqlite/wal/log_sync.hpp"

namespace dispatch::journal {

Result<std::unique_ptr<Transaction>> SqliteTransaction::begin(SqliteParts& parts) {
  if (parts.turn.is_open()) return fail("cannot begin a transaction inside another; this is a bug");
  if (parts.spent) {
    return fail("cannot write to journal {} any more, as an earlier commit failed; run again",
                parts.connection->path().string());
  }
  const auto changed = parts.guard_result("begin a transaction in", [&] { return parts.turn.begin(); });
  if (!changed) {
    parts.turn.abandon();
    return tl::unexpected(changed.error());
  }
  parts.turn_failed = false;
  if (*changed) {
    parts.appender.forget();
    parts.destinations.forget();
    parts.subscriptions.look_again();
    parts.turn_log.look_again();
    parts.rejects.look_again();
  }
  return std::unique_ptr<Transaction>{new SqliteTransaction{parts}};
}

SqliteTransaction::~SqliteTransaction() {
  undo();
}

Result<CommitToken> SqliteTransaction::commit() {
  DISPATCH_TRY(finish(TurnWriter::Sync::now));
  return CommitToken::durable();
}

Result<CommitToken> SqliteTransaction::commit_async() {
  DISPATCH_TRY(finish(TurnWriter::Sync::later));
  auto* const wal = parts_.connection->joined_wal();
  if (wal == nullptr || wal->sync().is_up_to_date()) return CommitToken::durable();
  return CommitToken::pending(std::make_unique<SqliteCommit>(parts_, wal->sync().deferred()));
}

Result<> SqliteTransaction::finish(TurnWriter::Sync sync) {
  DISPATCH_TRY(check_open("commit to"));
  auto committed = parts_.guard_result("commit to", [&]() -> Result<> {
    parts_.fresh.write();
    parts_.turn_log.finish();
    return parts_.turn.commit(sync);
  });
  if (!committed) {
    undo();
    parts_.give_up();
    return committed;
  }
  open_ = false;
  if (appended_ > 0) parts_.changes.note_own_events(appended_);
  return {};
}

Result<> SqliteTransaction::check_open(std::string_view doing) const {
  if (!open_) {
    return fail("cannot {} journal {} outside of a transaction; this is a bug", doing,
                parts_.connection->path().string());
  }
  return parts_.check_turn(doing);
}

template <class Work>
auto SqliteTransaction::write(std::string_view doing, Work work) -> decltype(work()) {
  DISPATCH_TRY(check_open(doing));
  auto done = parts_.guard_result(doing, std::move(work));
  parts_.turn_failed = !done;
  return done;
}

void SqliteTransaction::undo() noexcept {
  if (!std::exchange(open_, false)) return;
  parts_.turn.abandon();
  parts_.turn_log.forget();
  parts_.fresh.forget();
  parts_.appender.forget();
  parts_.destinations.forget();
  parts_.subscriptions.forget();
  parts_.intents.forget();
  parts_.rejects.forget();
}

Result<AppendReport> SqliteTransaction::append(std::span<const Arrival> arrivals, const StreamStart& start,
                                               WallTime now) {
  appended_ += arrivals.size();
  return write("append events to", [&] { return parts_.appender.append(arrivals, start, now); });
}

Result<bool> SqliteTransaction::advance_source(const SourceMark& mark) {
  return write("set the mark of a source in",
               [&]() -> Result<bool> { return parts_.source_marks.advance(mark); });
}

Result<std::vector<Begun>> SqliteTransaction::begin(std::span<const Intent> intents, WallTime now) {
  return write("begin deliveries in", [&] { return parts_.intents.begin(intents, now); });
}

Result<std::vector<Settled>> SqliteTransaction::settle(std::span<const Settlement> settlements) {
  return write("record outcomes in", [&] { return parts_.outcomes.settle(settlements); });
}

Result<std::size_t> SqliteTransaction::recover(Orphans orphans, const Abandoned& left, WallTime now,
                                               std::size_t limit) {
  if (left.member) return fail("a SQLite journal has no members; this is a bug");
  return write("recover deliveries in", [&] {
    parts_.fresh.write();
    return parts_.outcomes.recover(orphans, left, now, limit);
  });
}

Result<std::int64_t> SqliteTransaction::bound_waits(WallTime now, std::chrono::microseconds longest) {
  return write("bound waits in", [&] {
    parts_.fresh.write();
    return Result<std::int64_t>{parts_.waits.bound(now, longest)};
  });
}

Result<std::int64_t> SqliteTransaction::move_waits(std::chrono::microseconds by, WallTime now,
                                                   std::chrono::microseconds longest) {
  return write("move waits in", [&] {
    parts_.fresh.write();
    return Result<std::int64_t>{parts_.waits.move(by, now, longest)};
  });
}

Result<std::int64_t> SqliteTransaction::release(std::span<const DeliveryKey> deliveries, WallTime now) {
  return write("release dead letters in", [&] {
    parts_.fresh.write();
    return Result<std::int64_t>{parts_.operators.release(deliveries, now)};
  });
}

Result<std::int64_t> SqliteTransaction::discard(std::span<const DeliveryKey> deliveries, WallTime now) {
  return write("discard dead letters in", [&] {
    parts_.fresh.write();
    return Result<std::int64_t>{parts_.operators.discard(deliveries, now)};
  });
}

Result<std::int64_t> SqliteTransaction::cancel(std::span<const DeliveryKey> deliveries, WallTime now) {
  return write("cancel deliveries in", [&] {
    parts_.fresh.write();
    return Result<std::int64_t>{parts_.cancellations.cancel(deliveries, now)};
  });
}

Result<std::int64_t> SqliteTransaction::retry_now(std::span<const DeliveryKey> deliveries, WallTime now) {
  return write("retry deliveries in", [&] {
    parts_.fresh.write();
    return Result<std::int64_t>{parts_.retries.retry_now(deliveries, now)};
  });
}

Result<std::int64_t> SqliteTransaction::acknowledge(const DeliveryFilter& which, WallTime now,
                                                    std::size_t limit) {
  return write("acknowledge outcomes in",
               [&] { return Result<std::int64_t>{parts_.acknowledgements.acknowledge(which, now, limit)}; });
}

Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> SqliteTransaction::skip_gap(
    std::string_view entity, std::optional<SequenceNumber> only, WallTime now) {
  using Skipped = Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>>;
  return write("skip a gap in", [&] {
    parts_.fresh.write();
    return Skipped{parts_.operators.skip_gap(entity, only, now)};
  });
}

Result<GapCount> SqliteTransaction::give_up_gaps(WallTime until, WallTime now, std::size_t limit) {
  return write("give up gaps in", [&] {
    parts_.fresh.write();
    return Result<GapCount>{parts_.gaps.give_up(until, now, limit)};
  });
}

Result<SubscriptionNo> SqliteTransaction::put_subscription(const Subscription& subscription, WallTime now) {
  return write("add a subscription to",
               [&] { return Result<SubscriptionNo>{parts_.subscriptions.put(subscription, now)}; });
}

Result<std::int64_t> SqliteTransaction::remove_subscription(SubscriptionNo no, WallTime now) {
  return write("remove a subscription from", [&] {
    parts_.fresh.write();
    return Result<std::int64_t>{parts_.subscriptions.remove(no, now)};
  });
}

Result<> SqliteTransaction::pause_subscriptions(std::span<const SubscriptionNo> numbers,
                                                std::string_view reason, WallTime now) {
  return write("pause a subscription in", [&]() -> Result<> {
    for (const SubscriptionNo no : numbers) parts_.subscriptions.pause(no, reason, now);
    return {};
  });
}

Result<> SqliteTransaction::resume_subscription(SubscriptionNo no, WallTime now) {
  return write("resume a subscription in", [&]() -> Result<> {
    parts_.subscriptions.resume(no, now);
    return {};
  });
}

Result<std::int64_t> SqliteTransaction::fan_out(const Route& route, std::span<const Position> events,
                                                WallTime now) {
  return write("deliver events anew from", [&]() -> Result<std::int64_t> {
    DISPATCH_TRY(parts_.check_route(route));
    parts_.fresh.write();
    return parts_.fan_out.make(route, events, now);
  });
}

Result<std::int64_t> SqliteTransaction::replay(std::span<const DeliveryKey> deliveries,
                                               const std::optional<Route>& route, WallTime now) {
  return write("replay deliveries of", [&]() -> Result<std::int64_t> {
    if (route && route->subscription != SubscriptionNo{}) DISPATCH_TRY(parts_.check_route(*route));
    parts_.fresh.write();
    parts_.turn_log.write_rows();
    return parts_.replays.make(deliveries, route, now);
  });
}

Result<std::size_t> SqliteTransaction::queue_rejects(std::span<const RejectedLine> lines,
                                                     const RejectCount& most, WallTime now) {
  return write("queue rejected lines in", [&] { return parts_.rejects.queue(lines, most, now); });
}

Result<> SqliteTransaction::unqueue_rejects(std::span<const std::string_view> texts) {
  return write("take accepted lines out of the rejects of", [&]() -> Result<> {
    parts_.rejects.unqueue(texts);
    return {};
  });
}

Result<RejectCount> SqliteTransaction::clear_rejects(const RejectSelection& which, WallTime now,
                                                     std::size_t limit) {
  return write("clear rejected lines in", [&] {
    return Result<RejectCount>{parts_.rejects.clear(which, now, static_cast<std::int64_t>(limit))};
  });
}

Result<> SqliteTransaction::save_paces(std::span<const PaceRow> changed,
                                       std::span<const DestinationNo> over) {
  return write("note rates in", [&]() -> Result<> {
    parts_.paces.save(changed, over);
    return {};
  });
}

Result<> SqliteTransaction::save_throttles(std::span<const ThrottleRow> changed,
                                           std::span<const DestinationNo> over) {
  return write("note throttles in", [&]() -> Result<> {
    parts_.throttles.save(changed, over);
    return {};
  });
}

Result<> SqliteTransaction::save_circuits(std::span<const CircuitRow> changed,
                                          std::span<const DestinationNo> closed) {
  return write("note circuits in", [&]() -> Result<> {
    parts_.circuits.save(changed, closed);
    return {};
  });
}

Result<> SqliteTransaction::save_progress(std::span<const DeliveryQueue> queues, std::int64_t last_wakeup) {
  return write("note progress in", [&]() -> Result<> {
    parts_.pump.save_progress(queues, last_wakeup);
    return {};
  });
}

}  // namespace dispatch::journal
