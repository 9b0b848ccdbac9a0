#pragma once

#include "journal/journal.hpp"
#include "journal/sqlite/connection/sqlite_options.hpp"

#include <filesystem>
#include <memory>

namespace dispatch::journal {

class SqliteParts;

/// Turns off SQLite's memory statistics: nothing uses them, and they cost a lock at each allocation. Call it
/// before the process opens its first connection; later it has no effect.
void stop_counting_memory();

/// The journal in a SQLite file; dispatch-journal(5) describes it. Any number of objects in any number of
/// processes may be open on one file. The writer lock serialises their transactions. Each thread uses its own
/// object.
///
/// If a commit fails, nothing of the transaction remains, and the object must not be used any more: only
/// reopening the journal shows what is on the disk.
class SqliteJournal final : public Journal {
 public:
  /// Opens the journal at `path`; creates or migrates it if the options allow. Connection::open lists what is
  /// `unavailable`. A missing journal that must exist is misuse.
  static Result<std::unique_ptr<SqliteJournal>> open(const std::filesystem::path& path,
                                                     const SqliteOptions& options);
  ~SqliteJournal() override;

  Result<std::unique_ptr<Transaction>> begin() override;
  std::optional<Error> take_checkpoint_error() override;
  /// Moves the content of the WAL into the database file.
  Result<> checkpoint() override;
  Result<> check_in_place() override;

  Result<Changes> changes() override;
  Result<std::vector<DeliveryQueue>> queues(QueueNo after) override;
  Result<std::vector<DeliveryQueue>> queues_by_number(std::span<const QueueNo> numbers) override;
  Result<std::vector<bool>> several_destinations(std::span<const QueueNo> queues) override;
  Result<DeliveryRows> scan_queues(std::span<const QueueScan> scans) override;
  Result<DeliveryRows> due_in_queues(std::span<const DueScan> scans) override;
  Result<std::vector<std::optional<WallTime>>> next_due_in_queues(
      std::span<const PlaceInQueue> places) override;
  Result<std::vector<Predecessor>> predecessors(std::span<const DeliveryRow> rows) override;
  Result<DeliveryRows> open_in_lanes(std::span<const DeliveryRow> rows, std::size_t limit) override;
  Result<std::vector<std::optional<DeliveryRow>>> heads(std::span<const DeliveryKey> keys) override;
  Result<std::vector<DeliveryRow>> all_open_in_lane(const DeliveryKey& key) override;
  Result<std::optional<WallTime>> oldest_gap() override;
  Result<std::int64_t> newest_action() override;
  Result<std::vector<LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) override;
  Result<std::int64_t> saved_wakeup() override;
  Result<std::optional<std::int64_t>> next_offset(std::string_view source,
                                                  std::string_view partition) override;
  Result<StateCounts> state_counts() override;
  Result<tracing::TraceSeed> trace_seed() override;
  Result<SelectedPage> select(const Selection& selection, const SelectionPlace& from,
                              std::size_t limit) override;
  Result<std::int64_t> unknown_outcomes(const DeliveryFilter& which) override;
  Result<std::vector<std::string>> unknown_names(const DeliveryFilter& filter) override;
  Result<std::shared_ptr<const SubscriptionSet>> subscriptions() override;
  Result<std::vector<CircuitRow>> circuits() override;
  Result<RejectCount> open_rejects() override;
  Result<std::vector<PaceRow>> paces() override;
  Result<std::vector<ThrottleRow>> throttles() override;
  Result<std::vector<DeliveryRow>> first_open(Position from, Position to) override;

 private:
  explicit SqliteJournal(std::unique_ptr<SqliteParts> parts);

  std::unique_ptr<SqliteParts> parts_;
};

}  // namespace dispatch::journal
