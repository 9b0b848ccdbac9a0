#include "journal/ledger/reading.hpp"
#include "journal/verify/audit.hpp"

#include <fmt/format.h>

namespace dispatch::journal::audit {

namespace {

// Each row of the answer is a finding: what it is about, and what is wrong.
struct Query {
  Check check;
  const char* sql;
};

constexpr Query queries[] = {
    {Check::event_ids, R"(
      SELECT 'event ' || event_id, count(*) || ' events have this id'
        FROM events GROUP BY event_id HAVING count(*) > 1)"},

    {Check::event_ids, R"(
      SELECT 'the event at position ' || position, 'its id has ' || length(CAST(event_id AS BLOB)) || ' bytes'
        FROM events WHERE length(CAST(event_id AS BLOB)) NOT BETWEEN 1 AND 255)"},

    {Check::event_delivered, R"(
      SELECT 'event ' || event_id, 'it was accepted but nothing delivers it'
        FROM events WHERE position NOT IN (SELECT position FROM deliveries))"},

    {Check::delivery_of_event, R"(
      SELECT 'event ' || e.event_id,
             'the delivery to ' || t.url || ' stands at ' || coalesce(d.entity_no || '/' || d.sequence_number, 'no stream')
             || ' (entity_no/sequence) and the event at ' || coalesce(e.entity_no || '/' || e.sequence_number, 'no stream')
        FROM deliveries d
        JOIN events e ON e.position = d.position
        LEFT JOIN destinations t ON t.destination_no = d.destination_no
       WHERE d.entity_no IS NOT e.entity_no OR d.sequence_number IS NOT e.sequence_number)"},

    {Check::destination_outlet, R"(
      SELECT 'event ' || e.event_id,
             'its delivery to ' || t.url || ' is queued at outlet ' || d.outlet_no || ' (' || coalesce(o.host, 'unknown')
             || ') and its destination belongs to outlet ' || t.outlet_no
        FROM deliveries d
        JOIN destinations t ON t.destination_no = d.destination_no
        JOIN events e ON e.position = d.position
        LEFT JOIN outlets o ON o.outlet_no = d.outlet_no
       WHERE t.outlet_no <> d.outlet_no)"},

    {Check::stream, R"(
      SELECT 'event ' || event_id,
             CASE WHEN entity_no IS NULL THEN 'it has a sequence number but no entity'
                  ELSE 'it has an entity but no sequence number' END
        FROM events WHERE (entity_no IS NULL) <> (sequence_number IS NULL))"},

    {Check::resumption, R"(
      SELECT 'host ' || host,
             'the run is to begin above position ' || low_position || ', where no event has come yet'
        FROM outlets WHERE low_position > (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'))"},

    {Check::resumption, R"(
      SELECT 'progress', 'the last action seen is said to be ' || last_wake || ', which has not happened yet'
        FROM progress
       WHERE last_wake > (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'actions'))"},
};

}  // namespace

void check_rows(Audit& audit) {
  for (const auto& query : queries) {
    Statement statement{audit.database(), query.sql};
    auto rows = statement.rows();
    while (rows.next()) audit.found(query.check, fmt::format("{}: {}", rows.bytes(0), rows.bytes(1)));
  }
}

}  // namespace dispatch::journal::audit
