#include "journal/sqlite/writing/streams.hpp"

namespace dispatch::journal {

namespace {

Gap read_gap(const Statement::Rows& row) {
  Gap gap{.first = row.integer(0), .last = row.integer(1)};
  if (!row.is_null(2)) gap.given_up = static_cast<GapEnd>(row.integer(3));
  return gap;
}

}  // namespace

Streams::Streams(SQLite::Database& database)
    : find_(database,
            "SELECT entity_no, first_sequence, disordered,"
            "       (SELECT max(sequence_number) FROM events v WHERE v.entity_no = e.entity_no)"
            "  FROM entities e WHERE entity_id = ?"),
      create_(database, "INSERT INTO entities (entity_id, first_sequence) VALUES (?, ?) RETURNING entity_no"),
      disorder_(database, "UPDATE entities SET disordered = 1 WHERE entity_no = ?"),
      sent_(database,
            "SELECT 1 FROM events v"
            "  CROSS JOIN deliveries d INDEXED BY deliveries_by_position ON d.position = v.position"
            " WHERE v.entity_no = ? AND (d.state <> 0 OR d.attempts > 0) LIMIT 1"),
      lower_(database, "UPDATE entities SET first_sequence = ?, disordered = 2 WHERE entity_no = ?"),
      gap_at_(database,
              "SELECT first_missing, last_missing, skipped_at, skipped_by FROM gaps"
              " WHERE entity_no = ? AND first_missing <= ? ORDER BY first_missing DESC LIMIT 1"),
      lowest_open_(database,
                   "SELECT first_missing, last_missing, skipped_at, skipped_by FROM gaps INDEXED BY "
                   "gaps_open_by_stream"
                   " WHERE entity_no = ? AND skipped_at IS NULL ORDER BY first_missing LIMIT 1"),
      add_gap_(database,
               "INSERT INTO gaps (entity_no, first_missing, last_missing, since) VALUES (?, ?, ?, ?)"),
      ignore_gap_(database,
                  "INSERT INTO gaps (entity_no, first_missing, last_missing, since, skipped_at, skipped_by)"
                  " VALUES (?1, ?2, ?3, ?4, ?4, 1)"),
      remove_gap_(database, "DELETE FROM gaps WHERE entity_no = ? AND first_missing = ?"),
      shorten_gap_(database, "UPDATE gaps SET last_missing = ? WHERE entity_no = ? AND first_missing = ?"),
      raise_gap_(database, "UPDATE gaps SET first_missing = ? WHERE entity_no = ? AND first_missing = ?"),
      split_gap_(database,
                 "INSERT INTO gaps (entity_no, first_missing, last_missing, since)"
                 " SELECT entity_no, ?, ?, since FROM gaps WHERE entity_no = ? AND first_missing = ?") {}

Stream* Streams::find(std::string_view entity) {
  if (Stream* known = known_.find(entity)) return known;
  auto rows = find_.rows(entity);
  if (!rows.next()) return nullptr;
  const std::int64_t first = rows.integer(1);
  return &known_.put(entity, Stream{.entity = EntityNo{rows.integer(0)},
                                    .first = first,
                                    .last = rows.is_null(3) ? first - 1 : rows.integer(3),
                                    .disordered = rows.integer(2) != 0});
}

Stream& Streams::create(std::string_view entity, std::int64_t first) {
  std::int64_t number = 0;
  {
    auto rows = create_.rows(entity, first);
    if (rows.next()) number = rows.integer(0);
  }
  return known_.put(entity, Stream{.entity = EntityNo{number}, .first = first, .last = first - 1});
}

void Streams::open_gap(Stream& stream, std::int64_t first, std::int64_t last, WallTime now) {
  add_gap_.run(stream.entity, first, last, now);
  if (stream.disordered) return;
  disorder_.run(stream.entity);
  stream.disordered = true;
}

void Streams::ignore_gap(const Stream& stream, std::int64_t first, std::int64_t last, WallTime now) {
  ignore_gap_.run(stream.entity, first, last, now);
}

bool Streams::is_unsent(Stream& stream, std::uint64_t moves) {
  if (stream.unsent_at == moves) return true;
  if (sent_.rows(stream.entity).next()) return false;
  stream.unsent_at = moves;
  return true;
}

void Streams::lower_start(Stream& stream, std::int64_t first, Gaps gaps, WallTime now) {
  lower_.run(first, stream.entity);
  if (first + 1 < stream.first) {
    auto& add = gaps == Gaps::ignore ? ignore_gap_ : add_gap_;
    add.run(stream.entity, first + 1, stream.first - 1, now);
  }
  stream.first = first;
  stream.disordered = true;
}

std::optional<Gap> Streams::gap_at(const Stream& stream, std::int64_t number) {
  auto rows = gap_at_.rows(stream.entity, number);
  if (!rows.next()) return std::nullopt;
  const Gap gap = read_gap(rows);
  if (gap.last < number) return std::nullopt;
  return gap;
}

void Streams::fill(const Stream& stream, const Gap& gap, std::int64_t number) {
  const bool at_start = number == gap.first;
  const bool at_end = number == gap.last;
  if (at_start && at_end) {
    remove_gap_.run(stream.entity, gap.first);
  } else if (at_start) {
    raise_gap_.run(number + 1, stream.entity, gap.first);
  } else {
    if (!at_end) split_gap_.run(number + 1, gap.last, stream.entity, gap.first);
    shorten_gap_.run(number - 1, stream.entity, gap.first);
  }
}

std::optional<Gap> Streams::lowest_open(EntityNo entity) {
  auto rows = lowest_open_.rows(entity);
  if (!rows.next()) return std::nullopt;
  return read_gap(rows);
}

}  // namespace dispatch::journal
