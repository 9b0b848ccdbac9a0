#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/spooled_text.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"

#include <limits>
#include <vector>

namespace dispatch::journal {

using namespace reading;

namespace {

constexpr std::size_t reject_page_size = 256;

constexpr const char* reject_page_query = R"(
  SELECT reject_no, file, line, reason, bytes, times, first_at, last_at, cleared_at
    FROM rejects
   WHERE reject_no > ?1 AND reject_no <= ?3 AND digest IS NOT NULL AND (?2 IS NULL OR file = ?2)
     AND (?4 OR cleared_at IS NULL)
   ORDER BY reject_no
   LIMIT {})";

RejectedRecord record(const Statement::Rows& rows) {
  return {rows.integer(0),
          text(rows, 1),
          static_cast<std::uint64_t>(rows.integer(2)),
          text(rows, 3),
          rows.integer(4),
          rows.integer(5),
          from_stored(rows.integer(6)),
          from_stored(rows.integer(7)),
          time_if_any(rows, 8)};
}

/// Those whose numbers are above `after` and at most `last`. False where `each` wants no more.
bool list(Statement& pages, std::int64_t after, std::int64_t last, const RejectSelection& which,
          bool cleared_too, const JournalReader::Each<RejectedRecord>& each) {
  for (;;) {
    std::vector<RejectedRecord> page;
    for (auto rows = pages.rows(after, which.file, last, cleared_too ? 1 : 0); rows.next();)
      page.push_back(record(rows));
    for (const auto& reject : page)
      if (!each(reject)) return false;
    if (page.size() < reject_page_size) return true;
    after = page.back().number;
  }
}

}  // namespace

Result<> SqliteReader::rejects(const RejectSelection& which, bool cleared_too,
                               const Each<RejectedRecord>& each) const {
  return guarded(path_, "list the rejected lines", [&]() -> Result<> {
    Statement pages{*database_, fmt::format(reject_page_query, reject_page_size)};
    if (which.numbers.empty())
      list(pages, 0, std::numeric_limits<std::int64_t>::max(), which, cleared_too, each);
    for (const auto number : which.numbers)
      if (number > 0 && !list(pages, number - 1, number, which, cleared_too, each)) break;
    return {};
  });
}

Result<bool> SqliteReader::reject_text(std::int64_t number, const Each<std::string_view>& each) const {
  return guarded(path_, "read a rejected line", [&]() -> Result<bool> {
    SpooledText whole;
    {
      Statement pieces{*database_, "SELECT text FROM reject_texts WHERE reject_no = ? ORDER BY place"};
      auto rows = pieces.rows(number);  // one statement, and so one snapshot
      if (!rows.next()) return false;
      do {
        DISPATCH_TRY(whole.add(rows.bytes(0)));
      } while (rows.next());
    }
    DISPATCH_TRY(whole.each(each));
    return true;
  });
}

}  // namespace dispatch::journal
