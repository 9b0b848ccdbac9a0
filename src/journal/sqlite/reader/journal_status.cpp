#include "journal/sqlite/files/companion.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/reader/lane.hpp"
#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/reading/selector.hpp"

#include <algorithm>
#include <filesystem>

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace reading;

namespace {

void add_state_counts(SQLite::Database& database, JournalStatus& journal_status) {
  Statement statement{database, "SELECT state, deliveries FROM state_counts WHERE state BETWEEN 0 AND 5"};
  auto rows = statement.rows();
  while (rows.next()) {
    journal_status.state_counts.deliveries[static_cast<std::size_t>(rows.integer(0))] = rows.integer(1);
  }
  journal_status.last_position = Position{number_of(database, "SELECT max(position) FROM events")};
  journal_status.unmatched = number_of(database, "SELECT count(*) FROM unmatched");
  journal_status.not_meant = number_of(database, "SELECT count(*) FROM attempts WHERE outcome = 8");
  journal_status.unknown =
      number_of(database, "SELECT count(*) FROM attempts WHERE outcome = 5 AND acknowledged_at IS NULL");
}

void add_rejects(SQLite::Database& database, JournalStatus& journal_status) {
  Statement statement{database,
                      "SELECT count(*), coalesce(sum(bytes), 0) FROM rejects INDEXED BY rejects_open"
                      " WHERE cleared_at IS NULL AND digest IS NOT NULL"};
  auto rows = statement.rows();
  if (rows.next()) journal_status.rejects = {rows.integer(0), rows.integer(1)};
}

void add_blocked(SQLite::Database& database, JournalStatus& journal_status) {
  Statement statement{database,
                      "SELECT queue_no, position, generation, entity_no, sequence_number, destination_no "
                      "FROM deliveries WHERE state = 3 AND state_at IS NOT NULL"};
  LaneReader lanes{database};
  auto rows = statement.rows();
  while (rows.next()) {
    LanePlace place{{QueueNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)},
                    EntityNo{rows.integer(3)},
                    std::nullopt,
                    DestinationNo{rows.integer(5)}};
    if (!rows.is_null(4)) place.sequence = SequenceNumber{rows.integer(4)};
    ++journal_status.blocked_lanes;
    journal_status.behind_dead += lanes.open_behind(place);
  }
}

void add_gaps(SQLite::Database& database, JournalStatus& journal_status) {
  Statement statement{database, R"(
    SELECT count(*), coalesce(sum((SELECT count(*) FROM events e
                                    WHERE e.entity_no = g.entity_no AND e.sequence_number > g.lowest)), 0)
      FROM (SELECT entity_no, min(first_missing) AS lowest FROM gaps WHERE skipped_at IS NULL GROUP BY entity_no) g)"};
  auto rows = statement.rows();
  if (!rows.next()) return;
  journal_status.gapped_entities = rows.integer(0);
  journal_status.behind_gaps = rows.integer(1);
}

void add_next_due(SQLite::Database& database, JournalStatus& journal_status) {
  Statement statement{database, R"(
    SELECT min(due) FROM (SELECT (SELECT min(state_at) FROM deliveries d
                                   WHERE d.state = 2 AND d.queue_no = o.queue_no AND d.state_at IS NOT NULL) AS due
                            FROM delivery_queues o
                           WHERE o.subscription_no NOT IN
                                 (SELECT subscription_no FROM subscriptions WHERE paused_at IS NOT NULL)))"};
  auto rows = statement.rows();
  if (rows.next()) journal_status.next_due = time_if_any(rows, 0);
}

/// What is in flight at hosts and has no row.
void add_unwritten(SQLite::Database& database, JournalStatus& journal_status) {
  Statement statement{
      database,
      "SELECT o.host, count(*) FROM unwritten_deliveries d JOIN delivery_queues o USING (queue_no)"
      " GROUP BY o.host"};
  auto rows = statement.rows();
  while (rows.next()) {
    const auto host = text(rows, 0);
    auto known = std::find_if(journal_status.hosts.begin(), journal_status.hosts.end(),
                              [&](const HostRecord& one) { return one.host == host; });
    if (known == journal_status.hosts.end()) {
      journal_status.hosts.push_back({.host = host});
      known = journal_status.hosts.end() - 1;
    }
    known->in_flight += rows.integer(1);
  }
}

void add_hosts(SQLite::Database& database, Position from, std::size_t most, JournalStatus& journal_status) {
  if (journal_status.state_counts.open() == 0) return;
  Statement statement{database, R"(
    SELECT o.host, sum(d.state = 0), sum(d.state = 1), sum(d.state = 2), sum(d.state = 3),
           min(CASE d.state WHEN 0 THEN d.position END)
      FROM delivery_queues o
     CROSS JOIN deliveries d ON d.queue_no = o.queue_no AND d.position >= min(o.low_watermark + 1, ?1)
     WHERE d.state NOT IN (4, 5)
     GROUP BY o.host)"};
  std::int64_t oldest = INT64_MAX;
  {
    auto rows = statement.rows(from);
    while (rows.next()) {
      journal_status.hosts.push_back(
          {text(rows, 0), rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4)});
      if (!rows.is_null(5)) oldest = std::min(oldest, rows.integer(5));
    }
  }
  add_unwritten(database, journal_status);
  std::sort(journal_status.hosts.begin(), journal_status.hosts.end(),
            [](const HostRecord& a, const HostRecord& b) {
              return a.pending != b.pending ? a.pending > b.pending : a.host < b.host;
            });
  if (journal_status.hosts.size() > most) {
    journal_status.more_hosts = static_cast<std::int64_t>(journal_status.hosts.size() - most);
    journal_status.hosts.resize(most);
  }

  Statement accepted{database, "SELECT accepted_at FROM events WHERE position = ?"};
  auto rows = accepted.rows(oldest);
  if (rows.next()) journal_status.oldest_pending = from_stored(rows.integer(0));
}

void add_paused(SQLite::Database& database, Position from, std::size_t most, JournalStatus& journal_status) {
  Statement statement{database, R"(
    SELECT s.subscription_id, s.pause_reason, s.paused_at,
           (SELECT count(*)
              FROM delivery_queues o
             CROSS JOIN deliveries d ON d.queue_no = o.queue_no AND d.position >= min(o.low_watermark + 1, ?1)
             WHERE o.subscription_no = s.subscription_no AND d.state IN (0, 2))
      FROM subscriptions s WHERE s.removed_at IS NULL AND s.paused_at IS NOT NULL
     ORDER BY s.paused_at, s.subscription_no LIMIT ?2)"};
  auto rows = statement.rows(from, most);
  while (rows.next())
    journal_status.paused.push_back(
        {text(rows, 0), text(rows, 1), from_stored(rows.integer(2)), rows.integer(3)});
  journal_status.more_paused =
      number_of(database,
                "SELECT count(*) FROM subscriptions WHERE removed_at IS NULL AND paused_at IS NOT NULL") -
      static_cast<std::int64_t>(journal_status.paused.size());
}

void add_circuits(SQLite::Database& database, Position from, std::size_t most,
                  JournalStatus& journal_status) {
  if (number_of(database, "SELECT count(*) FROM circuits") == 0) return;
  Statement statement{database, R"(
    WITH waiting(destination_no, deliveries) AS MATERIALIZED (
      SELECT coalesce(o.present_destination_no, d.destination_no) AS present, count(*)
        FROM delivery_queues o
       CROSS JOIN deliveries d ON d.queue_no = o.queue_no AND d.position >= min(o.low_watermark + 1, ?1)
       WHERE d.state IN (0, 2)
       GROUP BY present)
    SELECT t.url, c.half_open, c.since, w.deliveries, s.subscription_id, count(*) OVER ()
      FROM circuits c JOIN destinations t USING (destination_no) JOIN waiting w USING (destination_no)
      JOIN delivery_queues o ON o.queue_no = t.queue_no
      LEFT JOIN subscriptions s ON s.subscription_no = o.subscription_no
     ORDER BY c.since, c.destination_no LIMIT ?2)"};
  std::int64_t all = 0;
  auto rows = statement.rows(from, most);
  while (rows.next()) {
    journal_status.circuits.push_back(
        {text(rows, 0), rows.integer(1) != 0, from_stored(rows.integer(2)), rows.integer(3), text(rows, 4)});
    all = rows.integer(5);
  }
  journal_status.more_circuits = all - static_cast<std::int64_t>(journal_status.circuits.size());
}

void add_held_back(SQLite::Database& database, std::size_t most, JournalStatus& journal_status) {
  Statement statement{database,
                      "SELECT t.url, h.hold_until, s.subscription_id"
                      " FROM throttles h JOIN destinations t USING (destination_no)"
                      " JOIN delivery_queues o ON o.queue_no = t.queue_no"
                      " LEFT JOIN subscriptions s ON s.subscription_no = o.subscription_no"
                      " ORDER BY h.hold_until DESC, h.destination_no LIMIT ?"};
  auto rows = statement.rows(most);
  while (rows.next())
    journal_status.held_back.push_back({text(rows, 0), from_stored(rows.integer(1)), text(rows, 2)});
}

/// What a run would go on with: neither paused, nor behind a dead letter of its lane or a gap of its entity.
void add_movable(SQLite::Database& database, Position from, WallTime now, JournalStatus& journal_status) {
  if (journal_status.state_counts.of(DeliveryState::pending) +
          journal_status.state_counts.of(DeliveryState::retry_wait) ==
      0)
    return;
  Statement statement{database, R"(
    WITH dead(entity_no, subscription_no, generation, way, lowest) AS MATERIALIZED (
      SELECT entity_no, subscription_no, generation,
             CASE subscription_no WHEN 0 THEN destination_no ELSE 0 END AS way, min(sequence_number)
        FROM deliveries WHERE state = 3 AND state_at IS NOT NULL AND entity_no IS NOT NULL
       GROUP BY entity_no, subscription_no, generation, way),
    missing(entity_no, lowest) AS MATERIALIZED (
      SELECT entity_no, min(first_missing) FROM gaps WHERE skipped_at IS NULL GROUP BY entity_no)
    SELECT count(*), coalesce(sum(d.state = 2 AND d.state_at > ?2), 0)
      FROM delivery_queues o
     CROSS JOIN deliveries d ON d.queue_no = o.queue_no AND d.position >= min(o.low_watermark + 1, ?1)
      LEFT JOIN dead b ON b.entity_no = d.entity_no AND b.subscription_no = d.subscription_no
            AND b.generation = d.generation AND b.way = CASE d.subscription_no WHEN 0 THEN d.destination_no ELSE 0 END
      LEFT JOIN missing g ON g.entity_no = d.entity_no
     WHERE d.state IN (0, 2)
       AND o.subscription_no NOT IN (SELECT subscription_no FROM subscriptions WHERE paused_at IS NOT NULL)
       AND (b.lowest IS NULL OR d.sequence_number < b.lowest)
       AND (g.lowest IS NULL OR d.sequence_number < g.lowest))"};
  auto rows = statement.rows(from, now);
  if (!rows.next()) return;
  journal_status.movable = rows.integer(0);
  journal_status.movable_retries = rows.integer(1);
}

std::uint64_t size_of(const std::filesystem::path& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  return missing ? 0 : size;
}

}  // namespace

Result<JournalHealth> SqliteReader::health() const {
  return guarded(path_, "read how it does", [&]() -> Result<JournalHealth> {
    JournalHealth health;
    health.journal_bytes = size_of(path_);
    health.wal_bytes = size_of(companion(path_, wal_suffix));
    const SQLite::Transaction one_moment{*database_};
    health.blocked_lanes =
        number_of(*database_, "SELECT count(*) FROM deliveries WHERE state = 3 AND state_at IS NOT NULL");
    health.gapped_entities =
        number_of(*database_, "SELECT count(DISTINCT entity_no) FROM gaps WHERE skipped_at IS NULL");
    if (number_of(*database_, "SELECT deliveries FROM state_counts WHERE state = 0") == 0) return health;
    Statement oldest{*database_, R"(
      SELECT accepted_at FROM events
       WHERE position = (SELECT min(first) FROM (
               SELECT (SELECT d.position FROM deliveries d
                        WHERE d.queue_no = o.queue_no AND d.position >= min(o.low_watermark + 1, ?1) AND d.state = 0
                        ORDER BY d.position LIMIT 1) AS first
                 FROM delivery_queues o)))"};
    auto rows = oldest.rows(lowest_open_below_watermark(*database_));
    if (rows.next()) health.oldest_pending = from_stored(rows.integer(0));
    return health;
  });
}

Result<JournalStatus> SqliteReader::status(std::size_t most, WallTime now) const {
  DISPATCH_ASSIGN(const auto owned, Ownership::is_taken(path_));
  return guarded(path_, "read the status of", [&]() -> Result<JournalStatus> {
    JournalStatus journal_status;
    journal_status.owned = owned;
    if (owned) journal_status.owner_pid = Ownership::owner_pid(path_);
    journal_status.journal_bytes = size_of(path_);
    journal_status.wal_bytes = size_of(companion(path_, wal_suffix));

    const SQLite::Transaction one_moment{*database_};
    add_state_counts(*database_, journal_status);
    add_rejects(*database_, journal_status);
    add_blocked(*database_, journal_status);
    add_gaps(*database_, journal_status);
    add_next_due(*database_, journal_status);
    const Position from = lowest_open_below_watermark(*database_);
    add_hosts(*database_, from, most, journal_status);
    add_movable(*database_, from, now, journal_status);
    add_paused(*database_, from, most, journal_status);
    add_circuits(*database_, from, most, journal_status);
    add_held_back(*database_, most, journal_status);
    return journal_status;
  });
}

}  // namespace dispatch::journal
