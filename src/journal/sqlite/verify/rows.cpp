#include "journal/sqlite/verify/query.hpp"

namespace dispatch::journal::audit {

namespace {

constexpr Query row_queries[] = {
    {Check::event_ids, R"(
      SELECT 'event ' || event_id, count(*) || ' events have this id'
        FROM events GROUP BY event_id HAVING count(*) > 1)"},

    {Check::event_ids, R"(
      SELECT 'the event at position ' || position, 'its id has ' || length(CAST(event_id AS BLOB)) || ' bytes'
        FROM events WHERE length(CAST(event_id AS BLOB)) NOT BETWEEN 1 AND 255)"},

    {Check::event_delivered, R"(
      SELECT 'event ' || event_id, 'it was accepted but has no delivery'
        FROM events
       WHERE position NOT IN (SELECT position FROM deliveries) AND position NOT IN (SELECT position FROM unmatched)
         AND position NOT IN (SELECT position FROM unwritten_deliveries WHERE position IS NOT NULL))"},

    {Check::event_delivered, R"(
      SELECT 'event ' || event_id, 'it is said to match no subscription, and something delivers it'
        FROM unmatched JOIN events USING (position)
       WHERE position IN (SELECT position FROM deliveries) OR position IN (SELECT position FROM unwritten_deliveries))"},

    {Check::delivery_of_event, R"(
      SELECT 'event ' || e.event_id,
             'the delivery to ' || t.url || ' stands at ' || coalesce(d.entity_no || '/' || d.sequence_number, 'no stream')
             || ' (entity_no/sequence) and the event at ' || coalesce(e.entity_no || '/' || e.sequence_number, 'no stream')
        FROM all_deliveries d
        JOIN events e ON e.position = d.position
        LEFT JOIN destinations t ON t.destination_no = d.destination_no
       WHERE d.entity_no IS NOT e.entity_no OR d.sequence_number IS NOT e.sequence_number)"},

    {Check::destination_queue, R"(
      SELECT 'event ' || e.event_id,
             'its delivery to ' || t.url || ' is queued at delivery queue ' || d.queue_no || ' (' || coalesce(o.host, 'unknown')
             || ') and its destination belongs to delivery queue ' || t.queue_no
        FROM all_deliveries d
        JOIN destinations t ON t.destination_no = d.destination_no
        JOIN events e ON e.position = d.position
        LEFT JOIN delivery_queues o ON o.queue_no = d.queue_no
       WHERE t.queue_no <> d.queue_no)"},

    // A zone of an IPv6 address is written differently in a URL.
    {Check::destinations, R"(
      SELECT 'destination ' || t.url, 'it belongs to the host ' || o.host
        FROM (SELECT destination_no, url, queue_no, substr(url, instr(url, '://') + 3) || '/' AS rest FROM destinations) t
        JOIN delivery_queues o ON o.queue_no = t.queue_no
       WHERE instr(o.host, '%') = 0 AND (o.subscription_no = 0 OR t.destination_no = o.present_destination_no)
         AND NOT (substr(t.rest, 1, length(o.host)) = o.host AND substr(t.rest, length(o.host) + 1, 1) IN (':', '/', '?'))
         AND substr(t.rest, 1, length(o.host) + 2) <> '[' || o.host || ']')"},

    {Check::destinations, R"(
      SELECT 'event ' || e.event_id,
             'it goes to ' || t.url || ' from position ' || d.position || ', and the first to do so is said to be at '
             || t.first_position
        FROM all_deliveries d
        JOIN destinations t ON t.destination_no = d.destination_no
        JOIN events e ON e.position = d.position
       WHERE d.position < t.first_position AND d.subscription_no = 0)"},

    {Check::destinations, R"(
      SELECT 'delivery queue ' || o.queue_no, 'it is that of subscription ' || coalesce(s.subscription_id, o.subscription_no)
             || ', and does not lead to its URL'
        FROM delivery_queues o LEFT JOIN subscriptions s USING (subscription_no)
        LEFT JOIN destinations t ON t.destination_no = o.present_destination_no
       WHERE iif(o.subscription_no = 0, o.present_destination_no IS NOT NULL,
                 t.url IS NOT s.url OR t.queue_no IS NOT o.queue_no OR o.host IS NOT s.host))"},

    {Check::destinations, R"(
      SELECT 'event ' || coalesce(e.event_id, a.position), 'its attempt ' || a.attempt || ' went to no destination of its delivery queue'
        FROM attempts a LEFT JOIN events e USING (position)
        LEFT JOIN destinations t ON t.destination_no = a.destination_no
       WHERE t.queue_no IS NOT a.queue_no)"},

    {Check::operators, R"(
      SELECT 'action ' || action_no, 'its verb is ' || verb || ', which does not exist'
        FROM actions WHERE verb NOT BETWEEN 0 AND 15)"},

    {Check::operators, R"(
      SELECT 'action ' || action_no, 'it does not say what it was done to'
        FROM actions
       WHERE CASE WHEN verb IN (0, 1, 12, 13, 14) THEN queue_no IS NULL OR first_sequence IS NOT NULL OR last_sequence IS NOT NULL
                  WHEN verb IN (2, 3, 15) THEN entity_no IS NULL OR first_sequence IS NULL OR last_sequence IS NULL
                  ELSE entity_no IS NOT NULL OR first_sequence IS NOT NULL OR last_sequence IS NOT NULL
                       OR (queue_no IS NULL) <> (verb BETWEEN 4 AND 8 OR verb = 11) END
          OR (verb BETWEEN 4 AND 9 AND subscription_no IS NULL)
          OR ((verb < 4 OR verb > 10) AND subscription_no IS NOT NULL) OR quiet NOT IN (0, 1) OR (quiet = 1 AND verb NOT IN (12, 14)) OR (quiet = 0 AND verb = 14)
          OR (note IS NOT NULL) <> (verb IN (7, 11))
          OR (queue_no IS NULL) + (position IS NULL) + (generation IS NULL) NOT IN (0, 3))"},

    {Check::operators, R"(
      SELECT 'action ' || a.action_no,
             CASE WHEN d.position IS NULL THEN 'the delivery at position ' || a.position || ' is not there'
                  ELSE 'the delivery at position ' || a.position || ' is not what it was done to' END
        FROM actions a
        LEFT JOIN deliveries d
          ON d.queue_no = a.queue_no AND d.position = a.position AND d.generation = a.generation
       WHERE a.position IS NOT NULL
         AND (d.position IS NULL OR d.sequence_number <= a.last_sequence
              OR CASE WHEN a.verb < 4 OR a.verb > 10 THEN d.entity_no IS NOT a.entity_no
                      ELSE d.subscription_no IS NOT coalesce(a.subscription_no, 0)
                           OR (a.verb = 9) <> (d.generation = 0)
                           OR (a.verb = 9 AND iif(a.turn > (SELECT fan_outs_turn FROM progress),
                                                  d.made_turn IS NOT a.turn, d.made_turn IS NOT NULL)) END))"},

    {Check::operators, R"(
      SELECT 'event ' || coalesce(e.event_id, d.position),
             'it is said to be for subscription ' || coalesce(s.subscription_id, d.subscription_no)
             || ' since the fan-out of turn ' || d.made_turn || ', which did not make that delivery'
        FROM deliveries d
        LEFT JOIN (SELECT queue_no AS queue, turn AS made, min(position) AS lowest
                     FROM actions WHERE verb = 9 GROUP BY 1, 2) f
          ON f.queue = d.queue_no AND f.made = d.made_turn
        LEFT JOIN events e ON e.position = d.position
        LEFT JOIN subscriptions s ON s.subscription_no = d.subscription_no
       WHERE d.made_turn IS NOT NULL
         AND (f.lowest IS NULL OR d.position < f.lowest OR d.generation <> 0
              OR d.made_turn <= (SELECT fan_outs_turn FROM progress)))"},

    {Check::operators, R"(
      SELECT 'action ' || a.action_no,
             'it skipped ' || a.first_sequence || ' to ' || a.last_sequence || ' of entity '
             || coalesce(n.entity_id, a.entity_no) || ', and no gap says so'
        FROM actions a
        LEFT JOIN entities n ON n.entity_no = a.entity_no
        LEFT JOIN gaps g ON g.entity_no = a.entity_no AND g.first_missing = a.first_sequence
       WHERE a.verb IN (2, 15)
         AND (g.last_missing IS NOT a.last_sequence OR g.skipped_at IS NOT a.at OR g.skipped_by <> iif(a.verb = 2, 0, 2)))"},

    {Check::operators, R"(
      SELECT 'entity ' || coalesce(n.entity_id, g.entity_no),
             'the gap from ' || g.first_missing || ' to ' || g.last_missing || ' is skipped, and neither an operator nor a run did it'
        FROM gaps g
        LEFT JOIN entities n ON n.entity_no = g.entity_no
        LEFT JOIN (SELECT DISTINCT entity_no, first_sequence FROM actions WHERE verb IN (2, 15)) a
          ON a.entity_no = g.entity_no AND a.first_sequence = g.first_missing
       WHERE g.skipped_at IS NOT NULL AND g.skipped_by <> 1 AND a.entity_no IS NULL)"},

    {Check::gaps, R"(
      SELECT 'entity ' || coalesce(n.entity_id, g.entity_no),
             'the gap from ' || g.first_missing || ' to ' || g.last_missing || ' is said to be given up by ' || g.skipped_by
             || ', and is not'
        FROM gaps g LEFT JOIN entities n ON n.entity_no = g.entity_no
       WHERE g.skipped_by NOT IN (0, 1, 2) OR (g.skipped_by <> 0 AND g.skipped_at IS NULL)
          OR (g.skipped_by = 1 AND g.skipped_at <> g.since))"},

    {Check::operators, R"(
      SELECT 'action ' || a.action_no,
             a.first_sequence || ' to ' || a.last_sequence || ' are said to have arrived and have not'
        FROM actions a
        LEFT JOIN events e ON e.entity_no = a.entity_no AND e.sequence_number = a.first_sequence
       WHERE a.verb = 3 AND (a.first_sequence <> a.last_sequence OR e.position IS NULL))"},

    {Check::turns, R"(
      SELECT 'action ' || action_no,
             'it tells of turn ' || turn || CASE WHEN turn < before THEN ', and the one before it of turn ' || before
                                                 ELSE ', which was not committed yet' END
        FROM (SELECT action_no, turn, lag(turn, 1, 1) OVER (ORDER BY action_no) AS before FROM actions)
       WHERE turn < before OR turn > (SELECT turn FROM progress)
      UNION ALL
      SELECT 'action ' || action_no, 'it tells of no turn, and one before it does'
        FROM actions
       WHERE turn IS NULL AND action_no > (SELECT min(action_no) FROM actions WHERE turn IS NOT NULL))"},

    {Check::state_counts, R"(
      SELECT 'state_counts', 'it has no row for state ' || state
        FROM (SELECT column1 AS state FROM (VALUES (0), (1), (2), (3), (4), (5)))
       WHERE state NOT IN (SELECT state FROM state_counts)
      UNION ALL
      SELECT 'state_counts', 'it has a row for state ' || state || ', which does not exist'
        FROM state_counts WHERE state NOT BETWEEN 0 AND 5)"},

    {Check::turns, R"(
      SELECT 'progress', 'it has ' || rows || ' rows and needs one'
        FROM (SELECT count(*) AS rows FROM progress) WHERE rows <> 1)"},

    {Check::stream, R"(
      SELECT 'event ' || event_id,
             CASE WHEN entity_no IS NULL THEN 'it has a sequence number but no entity'
                  ELSE 'it has an entity but no sequence number' END
        FROM events WHERE (entity_no IS NULL) <> (sequence_number IS NULL))"},

    {Check::operators, R"(
      SELECT 'action ' || action_no, 'it acknowledges an unknown outcome that is not recorded as acknowledged'
        FROM actions a
       WHERE verb = 14
         AND NOT EXISTS (SELECT 1 FROM attempts t WHERE t.queue_no = a.queue_no AND t.position = a.position
                            AND t.generation = a.generation AND t.outcome = 5 AND t.acknowledged_at = a.at))"},

    {Check::operators, R"(
      SELECT 'attempt ' || attempt || ' at position ' || position,
             CASE WHEN outcome <> 5 THEN 'it is acknowledged and its outcome is known'
                  ELSE 'it is acknowledged and no operator has done that' END
        FROM attempts t
       WHERE acknowledged_at IS NOT NULL
         AND (outcome <> 5 OR NOT EXISTS (SELECT 1 FROM actions a WHERE a.verb = 14 AND a.queue_no = t.queue_no
                                             AND a.position = t.position AND a.generation = t.generation
                                             AND a.at = t.acknowledged_at)))"},

    {Check::content, R"(
      SELECT 'position ' || first_position,
             CASE WHEN first_position NOT IN (SELECT position FROM events)
                    THEN 'an input is said to begin there, where no event is'
                  ELSE 'an input is said to begin there that went on' END
        FROM (SELECT first_position, input_no, lag(input_no) OVER (ORDER BY first_position) AS before FROM event_inputs)
       WHERE first_position NOT IN (SELECT position FROM events) OR input_no IS before)"},

    {Check::content, R"(
      SELECT 'input ' || name, 'no event came by it'
        FROM inputs WHERE name = '' OR input_no NOT IN (SELECT input_no FROM event_inputs WHERE input_no IS NOT NULL))"},

    {Check::resumption, R"(
      SELECT 'host ' || host,
             'the run is to begin above position ' || low_watermark || ', where no event has come yet'
        FROM delivery_queues WHERE low_watermark > (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'))"},

    {Check::resumption, R"(
      SELECT 'host ' || host,
             'the last wakeup followed is said to be action ' || last_wakeup || ', which has not happened yet'
        FROM delivery_queues
       WHERE last_wakeup > (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'actions'))"},

    {Check::content, R"(
      SELECT 'action ' || action_no, 'it asks for a destination that does not exist'
        FROM actions
       WHERE asked_destination_no IS NOT NULL
         AND asked_destination_no NOT IN (SELECT destination_no FROM destinations))"},

    {Check::content, R"(
      SELECT 'source ' || source, 'the next offset of its partition ' || partition || ' is negative'
        FROM source_marks WHERE next < 0)"},

    {Check::resumption, R"(
      SELECT 'progress', 'the last action seen is said to be ' || last_wakeup || ', which has not happened yet'
        FROM progress
       WHERE last_wakeup > (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'actions'))"},
};

}  // namespace

void check_rows(Audit& audit) {
  run(audit, row_queries);
}

}  // namespace dispatch::journal::audit
