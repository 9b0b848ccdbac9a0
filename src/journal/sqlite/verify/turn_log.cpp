#include "journal/sqlite/verify/query.hpp"

namespace dispatch::journal::audit {

namespace {

// What one row has of it is not read where another is no JSON, which is why this is asked first.
constexpr Query form_queries[] = {
    {Check::in_flight, R"(
      SELECT 'turn ' || turn, 'its row of the turn log is not a list of deliveries'
        FROM turn_log
       WHERE NOT json_valid(begun) OR json_type(begun) <> 'array' OR json_array_length(begun) = 0)"},
};

constexpr Query entry_queries[] = {
    {Check::in_flight, R"(
      SELECT 'turn ' || t.turn,
             'the turn log says that it has begun the delivery at position ' || coalesce(t.position, 'nothing')
             || ', which does not exist'
        FROM turn_log_entries t
        LEFT JOIN deliveries d
          ON d.queue_no = t.queue_no AND d.position = t.position AND d.generation = t.generation
       WHERE d.position IS NULL AND t.destination_no IS NULL)"},

    {Check::in_flight, R"(
      SELECT 'turn ' || t.began_turn,
             CASE WHEN e.position IS NULL
                    THEN 'the turn log says that it has begun a delivery of an event at position '
                         || coalesce(t.position, 'nothing') || ', which does not exist'
                  WHEN o.queue_no IS NULL OR n.queue_no IS NOT t.queue_no
                    THEN 'the turn log says that it has begun a delivery of event ' || e.event_id
                         || ' that leads nowhere'
                  WHEN t.generation <> 0 OR o.subscription_no <> 0
                    THEN 'a delivery of event ' || e.event_id || ' has no row, and is not a first direct one'
                  ELSE 'the turn log does not say when it has begun the delivery of event ' || e.event_id END
        FROM turn_log_entries t
        LEFT JOIN events e ON e.position = t.position
        LEFT JOIN delivery_queues o ON o.queue_no = t.queue_no
        LEFT JOIN destinations n ON n.destination_no = t.destination_no
       WHERE t.destination_no IS NOT NULL
         AND (e.position IS NULL OR o.queue_no IS NULL OR n.queue_no IS NOT t.queue_no OR t.generation <> 0
              OR o.subscription_no <> 0 OR typeof(t.began_at) <> 'integer' OR typeof(t.began_turn) <> 'integer'
              OR t.began_turn < 1 OR t.began_turn > t.turn))"},

    {Check::in_flight, R"(
      SELECT 'event ' || e.event_id, 'the turn log has a delivery of it ' || count(*) || ' times, and it has no row'
        FROM unwritten_deliveries d JOIN events e ON e.position = d.position
       GROUP BY d.queue_no, d.position, d.generation HAVING count(*) > 1)"},

    {Check::in_flight, R"(
      SELECT 'turn ' || turn, 'the turn log says that it has begun deliveries, and it was not committed yet'
        FROM turn_log WHERE turn < 1 OR turn > (SELECT turn FROM progress))"},

    {Check::in_flight, R"(
      SELECT 'event ' || e.event_id, 'a delivery of it is in_flight and not in the turn log, so that nothing will find it'
        FROM deliveries d JOIN events e ON e.position = d.position
       WHERE d.state = 1
         AND (d.queue_no, d.position, d.generation) NOT IN
             (SELECT queue_no, position, generation FROM turn_log_entries WHERE position IS NOT NULL))"},
};

}  // namespace

void check_turn_log(Audit& audit) {
  run(audit, form_queries);
  run(audit, entry_queries);
}

}  // namespace dispatch::journal::audit
