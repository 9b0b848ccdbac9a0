#pragma once

#include "journal/journal_reader.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace SQLite {
class Database;
}

namespace dispatch::journal {

/// Reads the journal in a SQLite file; dispatch-journal(5) describes it.
class SqliteReader final : public JournalReader {
 public:
  /// Opens an existing journal. A missing file is misuse; a journal of another application or a newer version
  /// is `unavailable`.
  static Result<SqliteReader> open(const std::string& path);

  SqliteReader(SqliteReader&&) noexcept;
  SqliteReader& operator=(SqliteReader&&) noexcept;
  ~SqliteReader() override;

  Result<> events(const EventFilter& filter, const Each<EventRecord>& each) const override;
  Result<std::optional<EventRecord>> event(std::string_view event_id) const override;
  Result<> stream(std::string_view entity, SequenceNumber from, SequenceNumber to,
                  const Each<EventRecord>& each) const override;
  Result<Position> all(Position after, const TypeFilter& meant, std::size_t limit,
                       const Each<EventRecord>& each) const override;
  Result<Position> last_position() const override;
  Result<std::string> input_of(Position position) const override;
  Result<std::vector<AttemptRecord>> attempts(std::string_view event_id) const override;
  Result<> dead_letters(const DeliveryFilter& which, const Each<DeadLetterRecord>& each) const override;
  Result<> dead_events(const DeliveryFilter& which, const Each<EventRecord>& each) const override;
  Result<> open_gaps(const Each<OpenGap>& each) const override;
  Result<> gaps(const std::optional<std::string>& entity, bool skipped_too,
                const Each<GapRecord>& each) const override;
  Result<> subscriptions(const Each<SubscriptionRecord>& each) const override;
  Result<> final_deliveries(const FinalSelection& selection,
                            const Each<FinalDeliveryRecord>& each) const override;
  Result<std::vector<std::string>> unknown_names(const DeliveryFilter& filter) const override;
  Result<> rejects(const RejectSelection& which, bool cleared_too,
                   const Each<RejectedRecord>& each) const override;
  Result<bool> reject_text(std::int64_t number, const Each<std::string_view>& each) const override;
  Result<JournalStatus> status(std::size_t most, WallTime now) const override;
  Result<JournalHealth> health() const override;

 private:
  SqliteReader(std::string path, std::shared_ptr<SQLite::Database> database);

  std::string path_;
  std::shared_ptr<SQLite::Database> database_;
};

}  // namespace dispatch::journal
