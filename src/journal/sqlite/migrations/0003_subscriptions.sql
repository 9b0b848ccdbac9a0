-- Subscriptions: named destinations with queues of their own, what matched none of them, circuits, and replays.

CREATE TABLE subscriptions (
  subscription_no INTEGER PRIMARY KEY,
  subscription_id TEXT    NOT NULL,
  url             TEXT    NOT NULL,
  host            TEXT    NOT NULL,
  event_types     TEXT    NOT NULL,            -- a JSON array of patterns
  filter          TEXT,                        -- a jq program
  transform       TEXT,                        -- a jq program
  body            INTEGER NOT NULL,            -- 0 payload 1 envelope 2 structured 3 binary
  headers         TEXT,                        -- a JSON object of strings
  rate_count      INTEGER,                     -- requests in any stretch of rate_per; NULL: no limit
  rate_per        INTEGER,
  concurrency     INTEGER,
  timeout         INTEGER,
  attempts        INTEGER,
  statuses        TEXT,                        -- "410=dead,409=ok"
  deny_private    INTEGER NOT NULL,
  paused_at       INTEGER,                     -- NULL: not paused
  pause_reason    TEXT,
  removed_at      INTEGER                      -- NULL: events are routed to it
);
CREATE UNIQUE INDEX subscriptions_by_id ON subscriptions (subscription_id) WHERE removed_at IS NULL;

-- What requests are signed with; deleted with the subscription.
CREATE TABLE subscription_secrets (
  subscription_no INTEGER NOT NULL REFERENCES subscriptions,
  place           INTEGER NOT NULL,            -- 0: the newest
  secret          TEXT    NOT NULL,
  until           INTEGER,                     -- NULL: for good
  PRIMARY KEY (subscription_no, place)
) WITHOUT ROWID;

-- Events that nothing delivers: they were to go nowhere, and matched no subscription.
CREATE TABLE unmatched (
  position INTEGER PRIMARY KEY REFERENCES events
);

-- Circuit breakers that are not closed.
CREATE TABLE circuits (
  destination_no INTEGER PRIMARY KEY REFERENCES destinations,
  half_open      INTEGER NOT NULL,             -- 0: open
  since          INTEGER NOT NULL
);

-- An outlet is what the pump reads as one queue: the direct deliveries to one host (subscription 0), or those of one
-- subscription to one host.
CREATE TABLE new_outlets (
  outlet_no       INTEGER PRIMARY KEY,
  subscription_no INTEGER NOT NULL,            -- 0: direct
  host            TEXT    NOT NULL,
  low_position    INTEGER NOT NULL DEFAULT 0,  -- at or below: done, or comes back by itself (due, wakes)
  UNIQUE (subscription_no, host)
);
INSERT INTO new_outlets (outlet_no, subscription_no, host, low_position)
  SELECT outlet_no, 0, host, low_position FROM outlets;
DROP TABLE outlets;
ALTER TABLE new_outlets RENAME TO outlets;

CREATE TABLE new_destinations (
  destination_no INTEGER PRIMARY KEY,
  outlet_no      INTEGER NOT NULL REFERENCES outlets,
  url            TEXT    NOT NULL,
  first_position INTEGER NOT NULL,             -- the lowest of the events that go there
  UNIQUE (outlet_no, url)
);
INSERT INTO new_destinations (destination_no, outlet_no, url, first_position)
  SELECT destination_no, outlet_no, url, first_position FROM destinations;
DROP TABLE destinations;
ALTER TABLE new_destinations RENAME TO destinations;

-- The outlet's. A subscription's lanes and those of a replay have holes, so that walking along the stream from one of
-- their deliveries to the next could take long.
ALTER TABLE deliveries ADD COLUMN subscription_no INTEGER NOT NULL DEFAULT 0;
CREATE INDEX deliveries_by_lane ON deliveries (entity_no, destination_no, generation, sequence_number)
  WHERE entity_no IS NOT NULL AND (subscription_no > 0 OR generation > 0);

-- Verbs: 4 subscription added, 5 changed, 6 removed, 7 paused, 8 resumed; 9 fan out and 10 replay name the lowest
-- delivery that was made at an outlet.
ALTER TABLE actions ADD COLUMN subscription_no INTEGER;
ALTER TABLE actions ADD COLUMN note TEXT;      -- paused: why

ALTER TABLE progress ADD COLUMN subscriptions_version INTEGER NOT NULL DEFAULT 0;  -- goes up with every change of any
ALTER TABLE progress ADD COLUMN last_generation INTEGER NOT NULL DEFAULT 0;        -- that of the last replay

-- Of a completed delivery whose success has no row in attempts: where it went and where its time went, as there.
ALTER TABLE deliveries ADD COLUMN address TEXT;
ALTER TABLE deliveries ADD COLUMN timings TEXT;
DROP VIEW attempt_history;
CREATE VIEW attempt_history AS
  SELECT outlet_no, position, generation, attempt, began_at, began_turn, ended_turn, took, outcome, status, error,
         address, timings, excerpt
    FROM attempts
  UNION ALL
  SELECT d.outlet_no, d.position, d.generation, d.attempts, d.began_at, d.began_turn, d.ended_turn, d.took, 0,
         d.status, NULL, d.address, d.timings, NULL
    FROM deliveries d
   WHERE d.state = 4
     AND NOT EXISTS (SELECT 1 FROM attempts a
                      WHERE a.outlet_no = d.outlet_no AND a.position = d.position
                        AND a.generation = d.generation AND a.attempt = d.attempts);
