#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace dispatch::journal {

using namespace reading;

namespace {

constexpr std::size_t gap_page_size = 256;

constexpr const char* gap_page_query = R"(
  SELECT g.entity_no, n.entity_id, g.first_missing, g.last_missing, g.since, g.skipped_at, g.skipped_by
    FROM gaps g
    JOIN entities n USING (entity_no)
   WHERE (g.entity_no, g.first_missing) > (?1, ?2) AND (?3 IS NULL OR n.entity_id = ?3)
     AND (?4 OR g.skipped_at IS NULL)
   ORDER BY g.entity_no, g.first_missing
   LIMIT {})";

/// Counts the events above open gaps: what lies there has not been sent, so all of them wait. The gaps are
/// given in order, at one moment, so that events are counted once for each entity and not for each gap.
class WaitingCount {
 public:
  explicit WaitingCount(SQLite::Database& database)
      : above_(database, "SELECT count(*) FROM events WHERE entity_no = ? AND sequence_number > ?"),
        between_(database,
                 "SELECT count(*) FROM events"
                 " WHERE entity_no = ? AND sequence_number > ? AND sequence_number < ?") {}

  std::int64_t above(std::int64_t entity, const OpenGap& gap) {
    if (entity == entity_)
      waiting_ -= counted(between_.rows(entity, last_missing_, gap.first_missing));
    else
      waiting_ = counted(above_.rows(entity, gap.last_missing));
    entity_ = entity;
    last_missing_ = gap.last_missing;
    return waiting_;
  }
  /// What follows is of another moment.
  void forget() { entity_.reset(); }

 private:
  static std::int64_t counted(Statement::Rows rows) {
    rows.next();
    return rows.integer(0);
  }

  Statement above_, between_;
  std::optional<std::int64_t> entity_;
  SequenceNumber last_missing_;
  std::int64_t waiting_ = 0;
};

OpenGap read_gap(const Statement::Rows& rows) {
  return {.entity_id = text(rows, 1),
          .first_missing = SequenceNumber{rows.integer(2)},
          .last_missing = SequenceNumber{rows.integer(3)},
          .since = from_stored(rows.integer(4))};
}

}  // namespace

Result<> SqliteReader::gaps(const std::optional<std::string>& entity, bool skipped_too,
                            const Each<GapRecord>& each) const {
  return guarded(path_, "list the gaps", [&]() -> Result<> {
    Statement statement{*database_, fmt::format(gap_page_query, gap_page_size).c_str()};
    WaitingCount waiting{*database_};
    std::int64_t last_entity = -1;
    SequenceNumber last_missing;
    for (;;) {
      std::vector<GapRecord> page;
      {
        waiting.forget();
        auto rows = statement.rows(last_entity, last_missing, entity, skipped_too ? 1 : 0);
        while (rows.next()) {
          last_entity = rows.integer(0);
          GapRecord gap{{read_gap(rows)}, time_if_any(rows, 5), 0, static_cast<GapEnd>(rows.integer(6))};
          if (!gap.skipped_at) gap.waiting = waiting.above(last_entity, gap);
          last_missing = gap.first_missing;
          page.push_back(std::move(gap));
        }
      }
      for (const auto& gap : page)
        if (!each(gap)) return {};
      if (page.size() < gap_page_size) return {};
    }
  });
}

Result<> SqliteReader::open_gaps(const Each<OpenGap>& each) const {
  return guarded(path_, "list the gaps", [&]() -> Result<> {
    Statement statement{*database_, fmt::format(gap_page_query, gap_page_size).c_str()};
    std::int64_t last_entity = -1;
    SequenceNumber last_missing;
    for (;;) {
      std::vector<OpenGap> page;
      {
        auto rows = statement.rows(last_entity, last_missing, std::nullopt, 0);
        while (rows.next()) {
          last_entity = rows.integer(0);
          page.push_back(read_gap(rows));
          last_missing = page.back().first_missing;
        }
      }
      for (const auto& gap : page)
        if (!each(gap)) return {};
      if (page.size() < gap_page_size) return {};
    }
  });
}

}  // namespace dispatch::journal
