#include "journal/sqlite/writing/source_marks.hpp"

namespace dispatch::journal {

SourceMarks::SourceMarks(SQLite::Database& database)
    : next_(database, "SELECT next FROM source_marks WHERE source = ? AND partition = ?"),
      begin_(database, "INSERT OR IGNORE INTO source_marks (source, partition, next) VALUES (?, ?, ?)"),
      advance_(database, "UPDATE source_marks SET next = ? WHERE source = ? AND partition = ? AND next = ?") {
}

std::optional<std::int64_t> SourceMarks::next_offset(std::string_view source, std::string_view partition) {
  auto rows = next_.rows(source, partition);
  if (!rows.next()) return std::nullopt;
  return rows.integer(0);
}

bool SourceMarks::advance(const SourceMark& mark) {
  if (!mark.expected) return begin_.run(mark.source, mark.partition, mark.next) > 0;
  return advance_.run(mark.next, mark.source, mark.partition, *mark.expected) > 0;
}

}  // namespace dispatch::journal
