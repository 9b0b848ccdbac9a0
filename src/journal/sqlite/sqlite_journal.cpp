#include "journal/sqlite/sqlite_journal.hpp"

#include "journal/sqlite/sqlite_parts.hpp"
#include "journal/sqlite/sqlite_transaction.hpp"
#include "journal/sqlite/statements/failure.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

namespace dispatch::journal {

void stop_counting_memory() {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

namespace {

constexpr std::string_view reading = "read";

/// What `read` says to each question of a batch.
template <class Question, class Read>
auto answers_to(std::span<const Question> questions, Read read) {
  std::vector<decltype(read(questions.front()))> answers;
  answers.reserve(questions.size());
  for (const Question& question : questions) answers.push_back(read(question));
  return answers;
}

}  // namespace

SqliteJournal::SqliteJournal(std::unique_ptr<SqliteParts> parts) : parts_(std::move(parts)) {}

SqliteJournal::~SqliteJournal() = default;

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const std::filesystem::path& path,
                                                           const SqliteOptions& options) {
  DISPATCH_ASSIGN(auto connection, Connection::open(path, options));
  try {
    auto parts = std::make_unique<SqliteParts>(std::move(connection));
    return std::unique_ptr<SqliteJournal>{new SqliteJournal{std::move(parts)}};
  } catch (const SQLite::Exception& said) {
    return tl::unexpected(sqlite_failure(said, "open", path));
  }
}

Result<> SqliteJournal::checkpoint() {
  if (parts_->turn.is_open()) return fail("cannot checkpoint inside a transaction; this is a bug");
  return parts_->guard_result("checkpoint", [&] { return parts_->turn.checkpoint(); });
}

Result<std::unique_ptr<Transaction>> SqliteJournal::begin() {
  return SqliteTransaction::begin(*parts_);
}

std::optional<Error> SqliteJournal::take_checkpoint_error() {
  return parts_->turn.take_checkpoint_error();
}

Result<> SqliteJournal::check_in_place() {
  return parts_->connection->check_in_place();
}

// --- Reads

Result<Changes> SqliteJournal::changes() {
  return parts_->guard(reading, [&] {
    if (!parts_->changes.has_news(parts_->turn.data_version())) return Changes{};
    return parts_->changes.take(parts_->present_subscriptions()->version());
  });
}

Result<std::vector<DeliveryQueue>> SqliteJournal::queues(QueueNo after) {
  return parts_->guard(reading, [&] { return parts_->pump.queues(after); });
}

Result<std::vector<DeliveryQueue>> SqliteJournal::queues_by_number(std::span<const QueueNo> numbers) {
  auto found = parts_->guard(
      reading, [&] { return answers_to(numbers, [&](QueueNo no) { return parts_->pump.queue(no); }); });
  if (!found) return tl::unexpected(std::move(found).error());
  std::vector<DeliveryQueue> queues;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!(*found)[i]) return fail("there is no delivery queue {}; this is a bug", numbers[i].value());
    queues.push_back(std::move(*(*found)[i]));
  }
  return queues;
}

Result<std::vector<bool>> SqliteJournal::several_destinations(std::span<const QueueNo> queues) {
  return parts_->guard(reading, [&] {
    return answers_to(queues, [&](QueueNo queue) { return parts_->pump.has_several_destinations(queue); });
  });
}

Result<DeliveryRows> SqliteJournal::scan_queues(std::span<const QueueScan> scans) {
  return parts_->read_deliveries(
      [&] { return answers_to(scans, [&](const QueueScan& one) { return parts_->pump.scan(one); }); });
}

Result<DeliveryRows> SqliteJournal::due_in_queues(std::span<const DueScan> scans) {
  return parts_->read_deliveries(
      [&] { return answers_to(scans, [&](const DueScan& one) { return parts_->pump.due(one); }); });
}

Result<std::vector<std::optional<WallTime>>> SqliteJournal::next_due_in_queues(
    std::span<const PlaceInQueue> places) {
  return parts_->read_deliveries([&] {
    return answers_to(places,
                      [&](const PlaceInQueue& one) { return parts_->pump.next_due(one.queue, one.place); });
  });
}

Result<std::vector<Predecessor>> SqliteJournal::predecessors(std::span<const DeliveryRow> rows) {
  const auto read = [&] {
    return answers_to(rows, [&](const DeliveryRow& row) { return parts_->lanes.predecessor(row); });
  };
  const bool any_fresh = std::any_of(rows.begin(), rows.end(),
                                     [&](const DeliveryRow& row) { return parts_->fresh.any_below(row); });
  if (any_fresh) return parts_->read_deliveries(read);
  return parts_->guard(reading, [&] {
    parts_->look_for_unwritten();
    return read();
  });
}

Result<DeliveryRows> SqliteJournal::open_in_lanes(std::span<const DeliveryRow> rows, std::size_t limit) {
  return parts_->read_deliveries([&] {
    return answers_to(rows, [&](const DeliveryRow& row) { return parts_->lanes.open_in_lane(row, limit); });
  });
}

Result<std::vector<std::optional<DeliveryRow>>> SqliteJournal::heads(std::span<const DeliveryKey> keys) {
  return parts_->read_deliveries(
      [&] { return answers_to(keys, [&](const DeliveryKey& key) { return parts_->lanes.head(key); }); });
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

Result<std::optional<std::int64_t>> SqliteJournal::next_offset(std::string_view source,
                                                               std::string_view partition) {
  return parts_->guard(reading, [&] { return parts_->source_marks.next_offset(source, partition); });
}

Result<StateCounts> SqliteJournal::state_counts() {
  return parts_->guard(reading, [&] { return parts_->turn.state_counts(); });
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
  return parts_->read_deliveries([&] {
    if (parts_->turn.is_open()) parts_->turn_log.write_rows();
    return parts_->selector.select(selection, from, limit);
  });
}

Result<std::int64_t> SqliteJournal::unknown_outcomes(const DeliveryFilter& which) {
  return parts_->guard(reading, [&] { return parts_->acknowledgements.count(which); });
}

Result<std::vector<std::string>> SqliteJournal::unknown_names(const DeliveryFilter& filter) {
  return parts_->guard(reading, [&] { return parts_->selector.unknown_names(filter); });
}

Result<std::shared_ptr<const SubscriptionSet>> SqliteJournal::subscriptions() {
  return parts_->guard(reading, [&] { return parts_->present_subscriptions(); });
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
