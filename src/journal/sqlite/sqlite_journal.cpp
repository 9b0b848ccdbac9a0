#include "journal/sqlite/sqlite_journal.hpp"

#include "journal/sqlite/connection/connection.hpp"
#include "journal/sqlite/destinations/circuits.hpp"
#include "journal/sqlite/destinations/destinations.hpp"
#include "journal/sqlite/destinations/paces.hpp"
#include "journal/sqlite/destinations/throttles.hpp"
#include "journal/sqlite/destinations/waits.hpp"
#include "journal/sqlite/operators/acknowledgements.hpp"
#include "journal/sqlite/operators/cancellations.hpp"
#include "journal/sqlite/operators/operators.hpp"
#include "journal/sqlite/operators/replays.hpp"
#include "journal/sqlite/operators/retries.hpp"
#include "journal/sqlite/reading/lane_reader.hpp"
#include "journal/sqlite/reading/pump_reader.hpp"
#include "journal/sqlite/reading/selector.hpp"
#include "journal/sqlite/statements/failure.hpp"
#include "journal/sqlite/writing/appender.hpp"
#include "journal/sqlite/writing/fan_out.hpp"
#include "journal/sqlite/writing/fresh_deliveries.hpp"
#include "journal/sqlite/writing/gap_expiry.hpp"
#include "journal/sqlite/writing/intent_writer.hpp"
#include "journal/sqlite/writing/outcome_writer.hpp"
#include "journal/sqlite/writing/reject_queue.hpp"
#include "journal/sqlite/writing/subscriptions.hpp"
#include "journal/sqlite/writing/turn_writer.hpp"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

namespace dispatch::journal {

void stop_counting_memory() {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

namespace {

constexpr std::string_view reading = "read";

}  // namespace

/// What the journal is made of, each on the one connection.
class SqliteJournal::Parts {
 public:
  explicit Parts(std::unique_ptr<Connection> opened) : connection{std::move(opened)}, turn{*connection} {}

  std::unique_ptr<Connection> connection;
  TurnWriter turn;
  Destinations destinations{connection->database()};
  Subscriptions subscriptions{connection->database(), turn.account(), destinations};
  FreshDeliveries fresh{connection->database(), turn.account(), subscriptions};
  Appender appender{connection->database(), turn.account(), fresh, destinations, subscriptions};
  IntentWriter intents{connection->database(), turn.account(), fresh, subscriptions};
  OutcomeWriter outcomes{connection->database(), turn.account()};
  Retries retries{connection->database(), turn.account()};
  Operators operators{connection->database(), turn.account(), retries};
  GapExpiry gaps{connection->database(), turn.account()};
  Cancellations cancellations{connection->database(), turn.account()};
  FanOut fan_out{connection->database(), turn.account(), destinations};
  Acknowledgements acknowledgements{connection->database(), turn.account()};
  Replays replays{connection->database(), turn.account(), destinations};
  RejectQueue rejects{connection->database(), turn.account()};
  Circuits circuits{connection->database()};
  Waits waits{connection->database()};
  Paces paces{connection->database()};
  Throttles throttles{connection->database()};
  PumpReader pump{connection->database()};
  LaneReader lanes{connection->database()};
  Selector selector{connection->database()};
  std::int64_t pump_version = -1;  // the data version that changed_elsewhere saw last; none yet
  bool turn_failed = false;        // a write of the open turn has failed, and SQLite may have undone the turn
  bool spent = false;              // a commit has failed

  /// Runs `work`, which gives a Result, and turns what SQLite throws into an error as well; `doing` goes
  /// before "journal PATH" in its message.
  template <class Work>
  auto guard_result(std::string_view doing, Work work) -> decltype(work()) {
    try {
      return work();
    } catch (const SQLite::Exception& said) {
      return tl::unexpected(sqlite_failure(said, doing, connection->path()));
    }
  }

  /// The same for work that has no errors of its own.
  template <class Work>
  auto guard(std::string_view doing, Work work) -> Result<decltype(work())> {
    return guard_result(doing, [&]() -> Result<decltype(work())> {
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        return {};
      } else {
        return work();
      }
    });
  }

  /// guard for what reads deliveries: those made by the open turn are written first.
  template <class Work>
  auto read_deliveries(Work work) -> Result<decltype(work())> {
    auto done = guard(reading, [&] {
      fresh.write();
      return work();
    });
    turn_failed = turn_failed || !done;
    return done;
  }

  /// guard_result for what may only be done inside a turn. After an error the turn takes nothing more: SQLite
  /// undoes a transaction by itself when the disk is full, and what came after would stand alone.
  template <class Work>
  auto write(std::string_view doing, Work work) -> decltype(work()) {
    DISPATCH_TRY(check_turn(doing));
    auto done = guard_result(doing, std::move(work));
    turn_failed = !done;
    return done;
  }

  /// What is made later than the event goes to subscriptions only.
  Result<> check_route(const Route& route) {
    if (subscriptions.find(route.subscription)) return {};
    return fail("there is no subscription {} to deliver to; this is a bug", route.subscription.value());
  }

  /// An error unless a turn is open and may go on.
  Result<> check_turn(std::string_view doing) const {
    if (!turn.is_open()) {
      return fail("cannot {} journal {} outside of a turn; this is a bug", doing,
                  connection->path().string());
    }
    if (turn_failed) {
      return fail("cannot {} journal {}, as an earlier write of the turn has failed; abandon the turn", doing,
                  connection->path().string());
    }
    return {};
  }
};

SqliteJournal::SqliteJournal(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

SqliteJournal::~SqliteJournal() {
  abandon_turn();
}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const std::filesystem::path& path,
                                                           const SqliteOptions& options) {
  auto connection = Connection::open(path, options);
  if (!connection) return tl::unexpected(std::move(connection).error());
  try {
    auto parts = std::make_unique<Parts>(std::move(*connection));
    return std::unique_ptr<SqliteJournal>{new SqliteJournal{std::move(parts)}};
  } catch (const SQLite::Exception& said) {
    return tl::unexpected(sqlite_failure(said, "open", path));
  }
}

Result<> SqliteJournal::checkpoint() {
  if (parts_->turn.is_open()) return fail("cannot checkpoint inside a turn; this is a bug");
  return parts_->guard_result("checkpoint", [&] { return parts_->turn.checkpoint(); });
}

// --- The turn

Result<> SqliteJournal::begin_turn() {
  Parts& parts = *parts_;
  if (parts.turn.is_open()) return fail("cannot begin a turn inside another; this is a bug");
  if (parts.spent) {
    return fail("cannot write to journal {} any more, as an earlier commit failed; run again",
                parts.connection->path().string());
  }
  const auto changed = parts.guard_result("begin a turn in", [&] { return parts.turn.begin(); });
  if (!changed) {
    parts.turn.abandon();
    return tl::unexpected(changed.error());
  }
  parts.turn_failed = false;
  if (*changed) {
    parts.appender.forget();
    parts.destinations.forget();
    parts.subscriptions.look_again();
    parts.rejects.look_again();
  }
  return {};
}

Result<> SqliteJournal::commit_turn() {
  Parts& parts = *parts_;
  DISPATCH_TRY(parts.check_turn("commit to"));
  auto committed = parts.guard_result("commit to", [&]() -> Result<> {
    parts.fresh.write();
    return parts.turn.commit();
  });
  if (!committed) {
    parts.spent = true;
    abandon_turn();
  }
  return committed;
}

void SqliteJournal::abandon_turn() noexcept {
  if (!parts_->turn.is_open()) return;
  parts_->turn.abandon();
  parts_->fresh.forget();
  parts_->appender.forget();
  parts_->destinations.forget();
  parts_->subscriptions.forget();
  parts_->intents.forget();
  parts_->rejects.forget();
}

std::optional<Error> SqliteJournal::take_checkpoint_error() {
  return parts_->turn.take_checkpoint_error();
}

Result<> SqliteJournal::check_in_place() {
  return parts_->connection->check_in_place();
}

// --- Writes

Result<AppendReport> SqliteJournal::append(std::span<const Arrival> arrivals, const StreamStart& start,
                                           WallTime now) {
  return parts_->write("append events to", [&] { return parts_->appender.append(arrivals, start, now); });
}

Result<std::vector<Begun>> SqliteJournal::begin(std::span<const Intent> intents, WallTime now) {
  return parts_->write("begin deliveries in", [&] { return parts_->intents.begin(intents, now); });
}

Result<> SqliteJournal::settle(std::span<const Settlement> settlements) {
  return parts_->write("record outcomes in", [&] { return parts_->outcomes.settle(settlements); });
}

Result<std::size_t> SqliteJournal::recover(Orphans orphans, WallTime now, std::size_t limit) {
  return parts_->write("recover deliveries in", [&] {
    parts_->fresh.write();
    return parts_->outcomes.recover(orphans, now, limit);
  });
}

Result<std::int64_t> SqliteJournal::bound_waits(WallTime now, std::chrono::microseconds longest) {
  return parts_->write("bound waits in", [&] {
    parts_->fresh.write();
    return Result<std::int64_t>{parts_->waits.bound(now, longest)};
  });
}

Result<std::int64_t> SqliteJournal::move_waits(std::chrono::microseconds by, WallTime now,
                                               std::chrono::microseconds longest) {
  return parts_->write("move waits in", [&] {
    parts_->fresh.write();
    return Result<std::int64_t>{parts_->waits.move(by, now, longest)};
  });
}

Result<std::int64_t> SqliteJournal::release(std::span<const DeliveryKey> deliveries, WallTime now) {
  return parts_->write("release dead letters in", [&] {
    parts_->fresh.write();
    return Result<std::int64_t>{parts_->operators.release(deliveries, now)};
  });
}

Result<std::int64_t> SqliteJournal::discard(std::span<const DeliveryKey> deliveries, WallTime now) {
  return parts_->write("discard dead letters in", [&] {
    parts_->fresh.write();
    return Result<std::int64_t>{parts_->operators.discard(deliveries, now)};
  });
}

Result<std::int64_t> SqliteJournal::cancel(std::span<const DeliveryKey> deliveries, WallTime now) {
  return parts_->write("cancel deliveries in", [&] {
    parts_->fresh.write();
    return Result<std::int64_t>{parts_->cancellations.cancel(deliveries, now)};
  });
}

Result<std::int64_t> SqliteJournal::retry_now(std::span<const DeliveryKey> deliveries, WallTime now) {
  return parts_->write("retry deliveries in", [&] {
    parts_->fresh.write();
    return Result<std::int64_t>{parts_->retries.retry_now(deliveries, now)};
  });
}

Result<std::int64_t> SqliteJournal::acknowledge(const DeliveryFilter& which, WallTime now,
                                                std::size_t limit) {
  return parts_->write("acknowledge outcomes in", [&] {
    return Result<std::int64_t>{parts_->acknowledgements.acknowledge(which, now, limit)};
  });
}

Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> SqliteJournal::skip_gap(
    std::string_view entity, std::optional<SequenceNumber> only, WallTime now) {
  using Skipped = Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>>;
  return parts_->write("skip a gap in", [&] {
    parts_->fresh.write();
    return Skipped{parts_->operators.skip_gap(entity, only, now)};
  });
}

Result<GapCount> SqliteJournal::give_up_gaps(WallTime until, WallTime now, std::size_t limit) {
  return parts_->write("give up gaps in", [&] {
    parts_->fresh.write();
    return Result<GapCount>{parts_->gaps.give_up(until, now, limit)};
  });
}

Result<SubscriptionNo> SqliteJournal::put_subscription(const Subscription& subscription, WallTime now) {
  return parts_->write("add a subscription to",
                       [&] { return Result<SubscriptionNo>{parts_->subscriptions.put(subscription, now)}; });
}

Result<std::int64_t> SqliteJournal::remove_subscription(SubscriptionNo no, WallTime now) {
  return parts_->write("remove a subscription from", [&] {
    parts_->fresh.write();
    return Result<std::int64_t>{parts_->subscriptions.remove(no, now)};
  });
}

Result<> SqliteJournal::pause_subscription(SubscriptionNo no, std::string_view reason, WallTime now) {
  return parts_->write("pause a subscription in", [&]() -> Result<> {
    parts_->subscriptions.pause(no, reason, now);
    return {};
  });
}

Result<> SqliteJournal::resume_subscription(SubscriptionNo no, WallTime now) {
  return parts_->write("resume a subscription in", [&]() -> Result<> {
    parts_->subscriptions.resume(no, now);
    return {};
  });
}

Result<std::int64_t> SqliteJournal::fan_out(const Route& route, std::span<const Position> events,
                                            WallTime now) {
  return parts_->write("deliver events anew from", [&]() -> Result<std::int64_t> {
    DISPATCH_TRY(parts_->check_route(route));
    parts_->fresh.write();
    return parts_->fan_out.make(route, events, now);
  });
}

Result<std::int64_t> SqliteJournal::replay(std::span<const DeliveryKey> deliveries,
                                           const std::optional<Route>& route, WallTime now) {
  return parts_->write("replay deliveries of", [&]() -> Result<std::int64_t> {
    if (route && route->subscription != SubscriptionNo{}) DISPATCH_TRY(parts_->check_route(*route));
    parts_->fresh.write();
    return parts_->replays.make(deliveries, route, now);
  });
}

Result<std::size_t> SqliteJournal::queue_rejects(std::span<const RejectedLine> lines, const RejectCount& most,
                                                 WallTime now) {
  return parts_->write("queue rejected lines in", [&] { return parts_->rejects.queue(lines, most, now); });
}

Result<> SqliteJournal::unqueue_rejects(std::span<const std::string_view> texts) {
  return parts_->write("take accepted lines out of the rejects of", [&]() -> Result<> {
    parts_->rejects.unqueue(texts);
    return {};
  });
}

Result<RejectCount> SqliteJournal::clear_rejects(const RejectSelection& which, WallTime now,
                                                 std::size_t limit) {
  return parts_->write("clear rejected lines in", [&] {
    return Result<RejectCount>{parts_->rejects.clear(which, now, static_cast<std::int64_t>(limit))};
  });
}

Result<> SqliteJournal::save_paces(std::span<const PaceRow> changed, std::span<const DestinationNo> over) {
  return parts_->write("note rates in", [&]() -> Result<> {
    parts_->paces.save(changed, over);
    return {};
  });
}

Result<> SqliteJournal::save_throttles(std::span<const ThrottleRow> changed,
                                       std::span<const DestinationNo> over) {
  return parts_->write("note throttles in", [&]() -> Result<> {
    parts_->throttles.save(changed, over);
    return {};
  });
}

Result<> SqliteJournal::save_circuits(std::span<const CircuitRow> changed,
                                      std::span<const DestinationNo> closed) {
  return parts_->write("note circuits in", [&]() -> Result<> {
    parts_->circuits.save(changed, closed);
    return {};
  });
}

Result<> SqliteJournal::save_progress(std::span<const DeliveryQueue> queues, std::int64_t last_wakeup) {
  return parts_->write("note progress in", [&]() -> Result<> {
    parts_->pump.save_progress(queues, last_wakeup);
    return {};
  });
}

// --- Reads

Result<bool> SqliteJournal::changed_elsewhere() {
  return parts_->guard(reading, [&] {
    const std::int64_t version = parts_->turn.data_version();
    return std::exchange(parts_->pump_version, version) != version;
  });
}

Result<std::vector<DeliveryQueue>> SqliteJournal::queues(QueueNo after) {
  return parts_->guard(reading, [&] { return parts_->pump.queues(after); });
}

Result<DeliveryQueue> SqliteJournal::queue(QueueNo no) {
  auto found = parts_->guard(reading, [&] { return parts_->pump.queue(no); });
  if (!found) return tl::unexpected(std::move(found).error());
  if (!*found) return fail("there is no delivery queue {}; this is a bug", no.value());
  return std::move(**found);
}

Result<bool> SqliteJournal::has_several_destinations(QueueNo queue) {
  return parts_->guard(reading, [&] { return parts_->pump.has_several_destinations(queue); });
}

Result<std::vector<DeliveryRow>> SqliteJournal::scan(QueueNo queue, Position after, std::size_t limit) {
  return parts_->read_deliveries([&] { return parts_->pump.scan(queue, after, limit); });
}

Result<std::vector<DeliveryRow>> SqliteJournal::due(QueueNo queue, const DuePlace& after,
                                                    const DuePlace& until, std::size_t limit) {
  return parts_->read_deliveries([&] { return parts_->pump.due(queue, after, until, limit); });
}

Result<std::optional<WallTime>> SqliteJournal::next_due(QueueNo queue, const DuePlace& after) {
  return parts_->read_deliveries([&] { return parts_->pump.next_due(queue, after); });
}

Result<Predecessor> SqliteJournal::predecessor(const DeliveryRow& row) {
  if (parts_->fresh.any_below(row))
    return parts_->read_deliveries([&] { return parts_->lanes.predecessor(row); });
  return parts_->guard(reading, [&] { return parts_->lanes.predecessor(row); });
}

Result<std::vector<DeliveryRow>> SqliteJournal::open_in_lane(const DeliveryRow& row, std::size_t limit) {
  return parts_->read_deliveries([&] { return parts_->lanes.open_in_lane(row, limit); });
}

Result<std::optional<DeliveryRow>> SqliteJournal::head(const DeliveryKey& key) {
  return parts_->read_deliveries([&] { return parts_->lanes.head(key); });
}

Result<std::vector<DeliveryRow>> SqliteJournal::all_open_in_lane(const DeliveryKey& key) {
  return parts_->read_deliveries([&] { return parts_->lanes.all_open(key); });
}

Result<std::optional<WallTime>> SqliteJournal::oldest_gap() {
  return parts_->guard(reading, [&] { return parts_->gaps.oldest(); });
}

Result<std::int64_t> SqliteJournal::newest_action() {
  return parts_->guard(reading, [&] { return parts_->pump.newest_action(); });
}

Result<std::vector<LaneWakeup>> SqliteJournal::wakeups(std::int64_t after, std::size_t limit) {
  return parts_->guard(reading, [&] { return parts_->pump.wakeups(after, limit); });
}

Result<std::int64_t> SqliteJournal::saved_wakeup() {
  return parts_->guard(reading, [&] { return parts_->pump.saved_wakeup(); });
}

Result<StateCounts> SqliteJournal::state_counts() {
  return parts_->guard(reading, [&] {
    StateCounts state_counts = parts_->pump.state_counts();
    const StateCounts& change = parts_->turn.account().change;  // what the open turn has not written yet
    for (std::size_t state = 0; state < state_counts.deliveries.size(); ++state)
      state_counts.deliveries[state] += change.deliveries[state];
    return state_counts;
  });
}

Result<std::vector<DeliveryRow>> SqliteJournal::first_open(Position from, Position to) {
  return parts_->read_deliveries([&] { return parts_->pump.first_open(from, to); });
}

Result<tracing::TraceSeed> SqliteJournal::trace_seed() {
  return parts_->guard(reading, [&] { return parts_->appender.trace_seed(); });
}

// --- Reads for operators

Result<SelectedPage> SqliteJournal::select(const Selection& selection, const SelectionPlace& from,
                                           std::size_t limit) {
  return parts_->read_deliveries([&] { return parts_->selector.select(selection, from, limit); });
}

Result<std::int64_t> SqliteJournal::unknown_outcomes(const DeliveryFilter& which) {
  return parts_->guard(reading, [&] { return parts_->acknowledgements.count(which); });
}

Result<std::vector<std::string>> SqliteJournal::unknown_names(const DeliveryFilter& filter) {
  return parts_->guard(reading, [&] { return parts_->selector.unknown_names(filter); });
}

Result<std::int64_t> SqliteJournal::subscriptions_version() {
  return parts_->guard(reading, [&] { return parts_->subscriptions.version(); });
}

Result<std::vector<Subscription>> SqliteJournal::subscriptions() {
  return parts_->guard(reading, [&] { return parts_->subscriptions.all(); });
}

Result<RejectCount> SqliteJournal::open_rejects() {
  return parts_->guard(reading, [&] { return parts_->rejects.open(); });
}

Result<std::vector<PaceRow>> SqliteJournal::paces() {
  return parts_->guard(reading, [&] { return parts_->paces.all(); });
}

Result<std::vector<ThrottleRow>> SqliteJournal::throttles() {
  return parts_->guard(reading, [&] { return parts_->throttles.all(); });
}

Result<std::vector<CircuitRow>> SqliteJournal::circuits() {
  return parts_->guard(reading, [&] { return parts_->circuits.all(); });
}

}  // namespace dispatch::journal
