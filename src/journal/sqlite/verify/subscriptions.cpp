#include "journal/sqlite/verify/query.hpp"

namespace dispatch::journal::audit {

namespace {

constexpr Query subscription_queries[] = {
    {Check::subscriptions, R"(
      SELECT 'subscription ' || subscription_id,
             CASE WHEN length(CAST(subscription_id AS BLOB)) NOT BETWEEN 1 AND 255
                    THEN 'its id has ' || length(CAST(subscription_id AS BLOB)) || ' bytes'
                  WHEN NOT json_valid(event_types) THEN 'its event types are no JSON'
                  WHEN body NOT BETWEEN 0 AND 3 THEN 'its body is ' || body || ', which does not exist'
                  WHEN deny_private NOT IN (0, 1) THEN 'deny_private is ' || deny_private
                  WHEN (rate_count IS NULL) <> (rate_per IS NULL) OR rate_count < 1 OR rate_per < 1
                    THEN 'its rate is ' || coalesce(rate_count, 'nothing') || ' in ' || coalesce(rate_per, 'nothing')
                  WHEN concurrency < 1 OR timeout < 1 OR attempts < 1 THEN 'one of its limits is not above 0'
                  ELSE 'it is paused without a reason, or has one and is not' END
        FROM subscriptions
       WHERE length(CAST(subscription_id AS BLOB)) NOT BETWEEN 1 AND 255
          OR NOT json_valid(event_types) OR body NOT BETWEEN 0 AND 3 OR deny_private NOT IN (0, 1)
          OR (rate_count IS NULL) <> (rate_per IS NULL) OR rate_count < 1 OR rate_per < 1
          OR concurrency < 1 OR timeout < 1 OR attempts < 1
          OR (paused_at IS NULL) <> (pause_reason IS NULL))"},

    {Check::subscriptions, R"(
      SELECT 'subscription ' || s.subscription_id, 'its event types are not a list of patterns'
        FROM subscriptions s
       WHERE json_valid(s.event_types)
         AND (json_type(s.event_types) <> 'array' OR json_array_length(s.event_types) = 0
              OR EXISTS (SELECT 1 FROM json_each(s.event_types) t WHERE t.type <> 'text')))"},

    // A zone of an IPv6 address is written differently in a URL.
    {Check::subscriptions, R"(
      SELECT 'subscription ' || subscription_id, 'it goes to ' || url || ' and belongs to the host ' || host
        FROM (SELECT subscription_id, url, host, substr(url, instr(url, '://') + 3) || '/' AS rest FROM subscriptions)
       WHERE instr(host, '%') = 0
         AND NOT (substr(rest, 1, length(host)) = host AND substr(rest, length(host) + 1, 1) IN (':', '/', '?'))
         AND substr(rest, 1, length(host) + 2) <> '[' || host || ']')"},

    {Check::subscriptions, R"(
      SELECT 'subscription ' || subscription_id,
             CASE WHEN removed_at IS NOT NULL THEN 'it is removed and has a secret'
                  ELSE 'its secrets are not numbered from 0 on' END
        FROM subscriptions s
        JOIN (SELECT subscription_no, count(*) AS secrets, min(place) AS first, max(place) AS last
                FROM subscription_secrets GROUP BY subscription_no) USING (subscription_no)
       WHERE removed_at IS NOT NULL OR first <> 0 OR last <> secrets - 1)"},

    {Check::subscriptions, R"(
      SELECT 'host ' || host, 'a delivery queue of it belongs to subscription ' || subscription_no || ', which does not exist'
        FROM delivery_queues
       WHERE subscription_no <> 0 AND subscription_no NOT IN (SELECT subscription_no FROM subscriptions))"},

    {Check::subscriptions, R"(
      SELECT 'event ' || e.event_id,
             'a delivery of subscription ' || d.subscription_no || ' is queued at a delivery queue of subscription '
             || o.subscription_no || ' (0: direct)'
        FROM deliveries d
        JOIN delivery_queues o USING (queue_no)
        JOIN events e ON e.position = d.position
       WHERE d.subscription_no <> o.subscription_no)"},

    {Check::subscriptions, R"(
      SELECT 'event ' || e.event_id, 'it waits for subscription ' || s.subscription_id || ', which was removed'
        FROM subscriptions s
        JOIN delivery_queues o ON o.subscription_no = s.subscription_no
        JOIN deliveries d ON d.queue_no = o.queue_no
        JOIN events e ON e.position = d.position
       WHERE s.removed_at IS NOT NULL AND d.state IN (0, 2, 3))"},

    // What was done to it must lead to how it stands.
    {Check::subscriptions, R"(
      SELECT 'subscription ' || s.subscription_id,
             CASE WHEN coalesce(a.added, 0) <> 1 OR a.first <> a.adding THEN 'it was not added once, before all else'
                  WHEN a.last <> a.removing THEN 'something was done to it after it was removed'
                  WHEN (s.removed_at IS NULL) <> (a.removed = 0) OR a.removed > 1
                    THEN 'whether it was removed is told in two ways'
                  ELSE 'whether it is paused is told in two ways' END
        FROM subscriptions s
        LEFT JOIN (SELECT subscription_no, sum(verb = 4) AS added, sum(verb = 6) AS removed, min(action_no) AS first,
                          max(action_no) AS last,
                          min(action_no) FILTER (WHERE verb = 4) AS adding,
                          max(action_no) FILTER (WHERE verb = 6) AS removing,
                          max(at) FILTER (WHERE verb = 6) AS removed_at,
                          max(action_no) FILTER (WHERE verb IN (7, 8)) AS last_pause
                     FROM actions WHERE verb BETWEEN 4 AND 8 GROUP BY subscription_no) a USING (subscription_no)
        LEFT JOIN actions p ON p.action_no = a.last_pause
       WHERE coalesce(a.added, 0) <> 1 OR a.first <> a.adding OR a.last <> a.removing OR a.removed <> (s.removed_at IS NOT NULL)
          OR s.removed_at IS NOT a.removed_at
          OR (s.paused_at IS NOT NULL) <> coalesce(p.verb = 7, 0)
          OR (s.paused_at IS NOT NULL AND (s.paused_at <> p.at OR s.pause_reason <> p.note)))"},

    {Check::subscriptions, R"(
      SELECT 'action ' || action_no,
             CASE verb WHEN 7 THEN 'it paused what was paused' ELSE 'it resumed what was not paused' END
        FROM (SELECT action_no, verb, lag(verb, 1, 8) OVER (PARTITION BY subscription_no ORDER BY action_no) AS before
                FROM actions WHERE verb IN (7, 8))
       WHERE verb = before)"},

    {Check::subscriptions, R"(
      SELECT 'action ' || action_no, 'it is of subscription ' || subscription_no || ', which does not exist'
        FROM actions
       WHERE subscription_no IS NOT NULL AND subscription_no NOT IN (SELECT subscription_no FROM subscriptions))"},

    {Check::subscriptions, R"(
      SELECT 'progress',
             'subscriptions were changed ' || changes || ' times and their version is ' || subscriptions_version
        FROM progress, (SELECT count(*) AS changes FROM actions WHERE verb BETWEEN 4 AND 8)
       WHERE subscriptions_version <> changes)"},

    {Check::circuits, R"(
      SELECT 'destination ' || coalesce(t.url, c.destination_no), 'its circuit is neither open nor half-open'
        FROM circuits c LEFT JOIN destinations t USING (destination_no)
       WHERE c.half_open NOT IN (0, 1))"},

    {Check::generations, R"(
      SELECT 'event ' || e.event_id,
             CASE WHEN d.generation < 0 THEN 'it has a replay ' || d.generation
                  ELSE 'it has a replay ' || d.generation || ' of what was not done before' END
        FROM deliveries d
        JOIN events e ON e.position = d.position
        JOIN delivery_queues o ON o.queue_no = d.queue_no
       WHERE d.generation <> 0
         AND NOT EXISTS (SELECT 1 FROM deliveries b INDEXED BY deliveries_by_position
                          JOIN delivery_queues p ON p.queue_no = b.queue_no
                          WHERE b.position = d.position AND p.subscription_no = o.subscription_no
                            AND b.generation < d.generation AND b.state IN (4, 5)))"},

    {Check::generations, R"(
      SELECT 'event ' || e.event_id, 'it was made anew while a delivery before it is open'
        FROM deliveries d
        JOIN events e ON e.position = d.position
        JOIN delivery_queues o ON o.queue_no = d.queue_no
       WHERE d.generation <> 0
         AND EXISTS (SELECT 1 FROM deliveries b INDEXED BY deliveries_by_position
                      JOIN delivery_queues p ON p.queue_no = b.queue_no
                      WHERE b.position = d.position AND p.subscription_no = o.subscription_no
                        AND (p.subscription_no > 0 OR p.queue_no = o.queue_no)
                        AND b.generation < d.generation AND b.state NOT IN (4, 5)))"},

    {Check::generations, R"(
      SELECT 'replay ' || coalesce(d.generation, a.generation),
             CASE WHEN d.generation IS NULL THEN 'it is said to have made deliveries and has made none'
                  WHEN a.generation IS NULL THEN 'nobody asked for it'
                  ELSE 'its lowest delivery is at position ' || d.lowest || ' and is said to be at ' || a.position END
        FROM (SELECT queue_no, generation, min(position) AS lowest FROM deliveries
               WHERE generation <> 0 GROUP BY queue_no, generation) d
        FULL JOIN (SELECT queue_no, generation, position FROM actions WHERE verb = 10) a USING (queue_no, generation)
       WHERE d.lowest IS NOT a.position)"},

    {Check::generations, R"(
      SELECT 'progress', 'the last replay is said to be ' || last_generation || ' and there have been ' || replays
        FROM progress, (SELECT count(DISTINCT generation) AS replays, coalesce(max(generation), 0) AS highest
                          FROM actions WHERE verb = 10)
       WHERE last_generation <> replays OR last_generation <> highest)"},
};

}  // namespace

void check_subscriptions(Audit& audit) {
  run(audit, subscription_queries);
}

}  // namespace dispatch::journal::audit
