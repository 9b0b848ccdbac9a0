#include "journal/ledger.hpp"
#include "journal/ledger/lane.hpp"
#include "journal/ledger/reading.hpp"
#include "journal/sqlite/files/companion.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/reading/selector.hpp"

#include <algorithm>
#include <filesystem>

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace reading;

namespace {

void add_tally(SQLite::Database& database, Standing& standing) {
  Statement statement{database, "SELECT state, deliveries FROM tally WHERE state BETWEEN 0 AND 5"};
  auto rows = statement.rows();
  while (rows.next()) {
    standing.tally.deliveries[static_cast<std::size_t>(rows.integer(0))] = rows.integer(1);
  }
  standing.last_position = Position{number_of(database, "SELECT max(position) FROM events")};
  standing.unmatched = number_of(database, "SELECT count(*) FROM unmatched");
  standing.not_meant = number_of(database, "SELECT count(*) FROM attempts WHERE outcome = 8");
  standing.unknown =
      number_of(database, "SELECT count(*) FROM attempts WHERE outcome = 5 AND acknowledged_at IS NULL");
}

void add_rejects(SQLite::Database& database, Standing& standing) {
  Statement statement{database,
                      "SELECT count(*), coalesce(sum(bytes), 0) FROM rejects INDEXED BY rejects_open"
                      " WHERE cleared_at IS NULL AND digest IS NOT NULL"};
  auto rows = statement.rows();
  if (rows.next()) standing.rejects = {rows.integer(0), rows.integer(1)};
}

void add_blocked(SQLite::Database& database, Standing& standing) {
  Statement statement{database,
                      "SELECT outlet_no, position, generation, entity_no, sequence_number, destination_no "
                      "FROM deliveries WHERE state = 3 AND state_at IS NOT NULL"};
  LaneReader lanes{database};
  auto rows = statement.rows();
  while (rows.next()) {
    LanePlace place{{OutletNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)},
                    EntityNo{rows.integer(3)},
                    std::nullopt,
                    DestinationNo{rows.integer(5)}};
    if (!rows.is_null(4)) place.sequence = SequenceNumber{rows.integer(4)};
    ++standing.blocked_lanes;
    standing.behind_dead += lanes.open_behind(place);
  }
}

void add_gaps(SQLite::Database& database, Standing& standing) {
  Statement statement{database, R"(
    SELECT count(*), coalesce(sum((SELECT count(*) FROM events e
                                    WHERE e.entity_no = g.entity_no AND e.sequence_number > g.lowest)), 0)
      FROM (SELECT entity_no, min(first_missing) AS lowest FROM gaps WHERE skipped_at IS NULL GROUP BY entity_no) g)"};
  auto rows = statement.rows();
  if (!rows.next()) return;
  standing.gapped_entities = rows.integer(0);
  standing.behind_gaps = rows.integer(1);
}

void add_next_due(SQLite::Database& database, Standing& standing) {
  Statement statement{database, R"(
    SELECT min(due) FROM (SELECT (SELECT min(state_at) FROM deliveries d
                                   WHERE d.state = 2 AND d.outlet_no = o.outlet_no AND d.state_at IS NOT NULL) AS due
                            FROM outlets o
                           WHERE o.subscription_no NOT IN
                                 (SELECT subscription_no FROM subscriptions WHERE paused_at IS NOT NULL)))"};
  auto rows = statement.rows();
  if (rows.next()) standing.next_due = time_if_any(rows, 0);
}

void add_hosts(SQLite::Database& database, Position from, std::size_t most, Standing& standing) {
  if (standing.tally.open() == 0) return;
  Statement statement{database, R"(
    SELECT o.host, sum(d.state = 0), sum(d.state = 1), sum(d.state = 2), sum(d.state = 3),
           min(CASE d.state WHEN 0 THEN d.position END)
      FROM outlets o
     CROSS JOIN deliveries d ON d.outlet_no = o.outlet_no AND d.position >= min(o.low_position + 1, ?1)
     WHERE d.state NOT IN (4, 5)
     GROUP BY o.host)"};
  std::int64_t oldest = INT64_MAX;
  {
    auto rows = statement.rows(from);
    while (rows.next()) {
      standing.hosts.push_back(
          {text(rows, 0), rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4)});
      if (!rows.is_null(5)) oldest = std::min(oldest, rows.integer(5));
    }
  }
  std::sort(standing.hosts.begin(), standing.hosts.end(), [](const HostRecord& a, const HostRecord& b) {
    return a.pending != b.pending ? a.pending > b.pending : a.host < b.host;
  });
  if (standing.hosts.size() > most) {
    standing.more_hosts = static_cast<std::int64_t>(standing.hosts.size() - most);
    standing.hosts.resize(most);
  }

  Statement accepted{database, "SELECT accepted_at FROM events WHERE position = ?"};
  auto rows = accepted.rows(oldest);
  if (rows.next()) standing.oldest_pending = from_stored(rows.integer(0));
}

void add_paused(SQLite::Database& database, Position from, std::size_t most, Standing& standing) {
  Statement statement{database, R"(
    SELECT s.subscription_id, s.pause_reason, s.paused_at,
           (SELECT count(*)
              FROM outlets o
             CROSS JOIN deliveries d ON d.outlet_no = o.outlet_no AND d.position >= min(o.low_position + 1, ?1)
             WHERE o.subscription_no = s.subscription_no AND d.state IN (0, 2))
      FROM subscriptions s WHERE s.removed_at IS NULL AND s.paused_at IS NOT NULL
     ORDER BY s.paused_at, s.subscription_no LIMIT ?2)"};
  auto rows = statement.rows(from, most);
  while (rows.next())
    standing.paused.push_back({text(rows, 0), text(rows, 1), from_stored(rows.integer(2)), rows.integer(3)});
  standing.more_paused =
      number_of(database,
                "SELECT count(*) FROM subscriptions WHERE removed_at IS NULL AND paused_at IS NOT NULL") -
      static_cast<std::int64_t>(standing.paused.size());
}

void add_circuits(SQLite::Database& database, Position from, std::size_t most, Standing& standing) {
  const auto all = number_of(database, "SELECT count(*) FROM circuits");
  if (all == 0) return;
  Statement statement{database, R"(
    WITH waiting(destination_no, deliveries) AS MATERIALIZED (
      SELECT coalesce(o.present_destination_no, d.destination_no) AS present, count(*)
        FROM outlets o
       CROSS JOIN deliveries d ON d.outlet_no = o.outlet_no AND d.position >= min(o.low_position + 1, ?1)
       WHERE d.state IN (0, 2)
       GROUP BY present)
    SELECT t.url, c.half_open, c.since, coalesce(w.deliveries, 0)
      FROM circuits c JOIN destinations t USING (destination_no) LEFT JOIN waiting w USING (destination_no)
     ORDER BY c.since, c.destination_no LIMIT ?2)"};
  auto rows = statement.rows(from, most);
  while (rows.next())
    standing.circuits.push_back(
        {text(rows, 0), rows.integer(1) != 0, from_stored(rows.integer(2)), rows.integer(3)});
  standing.more_circuits = all - static_cast<std::int64_t>(standing.circuits.size());
}

void add_held_back(SQLite::Database& database, std::size_t most, Standing& standing) {
  Statement statement{database,
                      "SELECT t.url, h.hold_until FROM throttles h JOIN destinations t USING (destination_no)"
                      " ORDER BY h.hold_until DESC, h.destination_no LIMIT ?"};
  auto rows = statement.rows(most);
  while (rows.next()) standing.held_back.push_back({text(rows, 0), from_stored(rows.integer(1))});
}

/// What a run would go on with: neither paused, nor behind a dead letter of its lane or a gap of its entity.
void add_movable(SQLite::Database& database, Position from, WallTime now, Standing& standing) {
  if (standing.tally.of(DeliveryState::pending) + standing.tally.of(DeliveryState::retry_wait) == 0) return;
  Statement statement{database, R"(
    WITH dead(entity_no, subscription_no, generation, way, lowest) AS MATERIALIZED (
      SELECT entity_no, subscription_no, generation,
             CASE subscription_no WHEN 0 THEN destination_no ELSE 0 END AS way, min(sequence_number)
        FROM deliveries WHERE state = 3 AND state_at IS NOT NULL AND entity_no IS NOT NULL
       GROUP BY entity_no, subscription_no, generation, way),
    missing(entity_no, lowest) AS MATERIALIZED (
      SELECT entity_no, min(first_missing) FROM gaps WHERE skipped_at IS NULL GROUP BY entity_no)
    SELECT count(*), coalesce(sum(d.state = 2 AND d.state_at > ?2), 0)
      FROM outlets o
     CROSS JOIN deliveries d ON d.outlet_no = o.outlet_no AND d.position >= min(o.low_position + 1, ?1)
      LEFT JOIN dead b ON b.entity_no = d.entity_no AND b.subscription_no = d.subscription_no
            AND b.generation = d.generation AND b.way = CASE d.subscription_no WHEN 0 THEN d.destination_no ELSE 0 END
      LEFT JOIN missing g ON g.entity_no = d.entity_no
     WHERE d.state IN (0, 2)
       AND o.subscription_no NOT IN (SELECT subscription_no FROM subscriptions WHERE paused_at IS NOT NULL)
       AND (b.lowest IS NULL OR d.sequence_number < b.lowest)
       AND (g.lowest IS NULL OR d.sequence_number < g.lowest))"};
  auto rows = statement.rows(from, now);
  if (!rows.next()) return;
  standing.movable = rows.integer(0);
  standing.movable_retries = rows.integer(1);
}

std::uint64_t size_of(const std::filesystem::path& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  return missing ? 0 : size;
}

}  // namespace

Result<Pulse> Ledger::pulse() const {
  return guarded(path_, "read how it does", [&]() -> Result<Pulse> {
    Pulse pulse;
    pulse.journal_bytes = size_of(path_);
    pulse.wal_bytes = size_of(companion(path_, wal_suffix));
    const SQLite::Transaction one_moment{*database_};
    pulse.blocked_lanes =
        number_of(*database_, "SELECT count(*) FROM deliveries WHERE state = 3 AND state_at IS NOT NULL");
    pulse.gapped_entities =
        number_of(*database_, "SELECT count(DISTINCT entity_no) FROM gaps WHERE skipped_at IS NULL");
    if (number_of(*database_, "SELECT deliveries FROM tally WHERE state = 0") == 0) return pulse;
    Statement oldest{*database_, R"(
      SELECT accepted_at FROM events
       WHERE position = (SELECT min(first) FROM (
               SELECT (SELECT d.position FROM deliveries d
                        WHERE d.outlet_no = o.outlet_no AND d.position >= min(o.low_position + 1, ?1) AND d.state = 0
                        ORDER BY d.position LIMIT 1) AS first
                 FROM outlets o)))"};
    auto rows = oldest.rows(lowest_open_below_low(*database_));
    if (rows.next()) pulse.oldest_pending = from_stored(rows.integer(0));
    return pulse;
  });
}

Result<Standing> Ledger::standing(std::size_t most, WallTime now) const {
  const auto owned = Ownership::is_taken(path_);
  if (!owned) return tl::unexpected(owned.error());
  return guarded(path_, "read where things stand", [&]() -> Result<Standing> {
    Standing standing;
    standing.owned = *owned;
    if (*owned) standing.owner_pid = Ownership::owner_pid(path_);
    standing.journal_bytes = size_of(path_);
    standing.wal_bytes = size_of(companion(path_, wal_suffix));

    const SQLite::Transaction one_moment{*database_};
    add_tally(*database_, standing);
    add_rejects(*database_, standing);
    add_blocked(*database_, standing);
    add_gaps(*database_, standing);
    add_next_due(*database_, standing);
    const Position from = lowest_open_below_low(*database_);
    add_hosts(*database_, from, most, standing);
    add_movable(*database_, from, now, standing);
    add_paused(*database_, from, most, standing);
    add_circuits(*database_, from, most, standing);
    add_held_back(*database_, most, standing);
    return standing;
  });
}

}  // namespace dispatch::journal
