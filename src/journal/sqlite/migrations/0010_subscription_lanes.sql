-- A lane of a subscription is an entity's, wherever its requests go: a subscription has one outlet, whose host and
-- destination are those of its present URL. Each delivery has the destination of its latest attempt, or, where none was
-- begun, that of the URL for which it was made. Until this turn a lane of a subscription was an entity at one URL.
ALTER TABLE outlets ADD COLUMN present_destination_no INTEGER;  -- NULL: direct
ALTER TABLE progress ADD COLUMN lanes_turn INTEGER NOT NULL DEFAULT 0;
UPDATE progress SET lanes_turn = turn;

-- Where an attempt went.
ALTER TABLE attempts ADD COLUMN destination_no INTEGER;
UPDATE attempts SET destination_no = (SELECT d.destination_no FROM deliveries d
                                       WHERE d.outlet_no = attempts.outlet_no AND d.position = attempts.position
                                         AND d.generation = attempts.generation);

-- The outlets of a subscription become the first of them. An event has one delivery in each generation of a
-- subscription, so that no two become the same.
CREATE TEMP TABLE merged AS
  SELECT o.outlet_no AS outlet, min(p.outlet_no) AS into_outlet
    FROM outlets o JOIN outlets p USING (subscription_no)
   WHERE o.subscription_no > 0 GROUP BY o.outlet_no HAVING min(p.outlet_no) < o.outlet_no;
UPDATE deliveries SET outlet_no = (SELECT into_outlet FROM merged WHERE outlet = outlet_no)
 WHERE outlet_no IN (SELECT outlet FROM merged);
UPDATE attempts SET outlet_no = (SELECT into_outlet FROM merged WHERE outlet = outlet_no)
 WHERE outlet_no IN (SELECT outlet FROM merged);
UPDATE actions SET outlet_no = (SELECT into_outlet FROM merged WHERE outlet = outlet_no)
 WHERE outlet_no IN (SELECT outlet FROM merged);
UPDATE destinations SET outlet_no = (SELECT into_outlet FROM merged WHERE outlet = outlet_no)
 WHERE outlet_no IN (SELECT outlet FROM merged);
UPDATE outlets SET low_position = (SELECT min(o.low_position) FROM outlets o
                                    WHERE o.subscription_no = outlets.subscription_no)
 WHERE outlet_no IN (SELECT into_outlet FROM merged);
DELETE FROM outlets WHERE outlet_no IN (SELECT outlet FROM merged);
DROP TABLE merged;

INSERT OR IGNORE INTO destinations (outlet_no, url, first_position)
  SELECT o.outlet_no, s.url, 0 FROM outlets o JOIN subscriptions s USING (subscription_no);
UPDATE outlets SET (host, present_destination_no) =
         (SELECT s.host, t.destination_no FROM subscriptions s JOIN destinations t ON t.url = s.url
           WHERE s.subscription_no = outlets.subscription_no AND t.outlet_no = outlets.outlet_no)
 WHERE subscription_no > 0;
CREATE UNIQUE INDEX outlets_by_subscription ON outlets (subscription_no) WHERE subscription_no > 0;

DROP VIEW attempt_history;
CREATE VIEW attempt_history AS
  SELECT outlet_no, position, generation, attempt, began_at, began_turn, ended_turn, took, outcome, status, error,
         address, timings, excerpt, destination_no
    FROM attempts
  UNION ALL
  SELECT d.outlet_no, d.position, d.generation, d.attempts, d.began_at, d.began_turn, d.ended_turn, d.took, 0,
         d.status, NULL, d.address, d.timings, NULL, d.destination_no
    FROM deliveries d
   WHERE d.state = 4
     AND NOT EXISTS (SELECT 1 FROM attempts a
                      WHERE a.outlet_no = d.outlet_no AND a.position = d.position
                        AND a.generation = d.generation AND a.attempt = d.attempts);
