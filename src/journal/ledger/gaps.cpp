#include "journal/ledger.hpp"
#include "journal/ledger/reading.hpp"

#include <vector>

namespace dispatch::journal {

using namespace reading;

namespace {

constexpr std::size_t page_size = 256;

// What lies above an open gap has not been sent, so all events above it wait.
constexpr const char* page_query = R"(
  SELECT g.entity_no, n.entity_id, g.first_missing, g.last_missing, g.since, g.skipped_at,
         CASE WHEN g.skipped_at IS NULL
              THEN (SELECT count(*) FROM events e
                     WHERE e.entity_no = g.entity_no AND e.sequence_number > g.last_missing)
              ELSE 0 END, g.skipped_by
    FROM gaps g
    JOIN entities n USING (entity_no)
   WHERE (g.entity_no, g.first_missing) > (?1, ?2) AND (?3 IS NULL OR n.entity_id = ?3)
     AND (?4 OR g.skipped_at IS NULL)
   ORDER BY g.entity_no, g.first_missing
   LIMIT {})";

}  // namespace

Result<> Ledger::gaps(const std::optional<std::string>& entity, bool skipped_too,
                      const Each<GapRecord>& each) const {
  return guarded(path_, "list the gaps", [&]() -> Result<> {
    Statement statement{*database_, fmt::format(page_query, page_size).c_str()};
    std::int64_t last_entity = -1;
    SequenceNumber last_missing;
    for (;;) {
      std::vector<GapRecord> page;
      {
        auto rows = statement.rows(last_entity, last_missing, entity, skipped_too ? 1 : 0);
        while (rows.next()) {
          last_entity = rows.integer(0);
          page.push_back({text(rows, 1), SequenceNumber{rows.integer(2)}, SequenceNumber{rows.integer(3)},
                          from_stored(rows.integer(4)), time_if_any(rows, 5), rows.integer(6),
                          static_cast<GapEnd>(rows.integer(7))});
          last_missing = page.back().first_missing;
        }
      }
      for (const auto& gap : page)
        if (!each(gap)) return {};
      if (page.size() < page_size) return {};
    }
  });
}

}  // namespace dispatch::journal
