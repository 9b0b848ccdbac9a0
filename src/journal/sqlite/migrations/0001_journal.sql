-- The journal: an append-only event store and its transactional outbox. dispatch-journal(5) is the account of it.
-- Times are microseconds since the Unix epoch, UTC. Numbers of states, outcomes and verbs never change their meaning.

-- Names that many rows share are stored once.
CREATE TABLE entities (
  entity_no      INTEGER PRIMARY KEY,
  entity_id      TEXT    NOT NULL UNIQUE,
  first_sequence INTEGER NOT NULL,             -- where the stream begins
  disordered     INTEGER NOT NULL DEFAULT 0    -- 1: some event arrived before one of a lower number
);

-- An outlet is what the pump reads as one queue: the deliveries to one host.
CREATE TABLE outlets (
  outlet_no    INTEGER PRIMARY KEY,
  host         TEXT    NOT NULL UNIQUE,
  low_position INTEGER NOT NULL DEFAULT 0      -- at or below: done, or comes back by itself (due, wakes)
);

CREATE TABLE destinations (
  destination_no INTEGER PRIMARY KEY,
  outlet_no      INTEGER NOT NULL REFERENCES outlets,
  url            TEXT    NOT NULL UNIQUE,
  first_position INTEGER NOT NULL              -- of the event that named it first
);

CREATE TABLE events (
  position        INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id        TEXT    NOT NULL UNIQUE,
  entity_no       INTEGER REFERENCES entities, -- NULL: the event is its own lane
  sequence_number INTEGER,                     -- NULL exactly where entity_no is
  type            TEXT,
  source          TEXT,
  time            TEXT,
  correlation_id  TEXT,
  causation_id    TEXT,
  headers         TEXT,                        -- a JSON object of strings
  own_url         TEXT,                        -- the line's own url; NULL where it had none
  accepted_at     INTEGER NOT NULL,
  digest          INTEGER NOT NULL,            -- XXH3 (64 bits) of the content, see journal/digest.hpp
  payload         BLOB    NOT NULL             -- the bytes as they came
);
CREATE UNIQUE INDEX events_by_stream ON events (entity_no, sequence_number) WHERE entity_no IS NOT NULL;

CREATE TRIGGER events_are_immutable BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'events are immutable'); END;

-- Sequence numbers that have not arrived although a higher one has. Filled gaps are deleted, skipped ones are kept.
CREATE TABLE gaps (
  entity_no     INTEGER NOT NULL REFERENCES entities,
  first_missing INTEGER NOT NULL,
  last_missing  INTEGER NOT NULL,
  since         INTEGER NOT NULL,
  skipped_at    INTEGER,                       -- NULL: open
  PRIMARY KEY (entity_no, first_missing)
) WITHOUT ROWID;

-- One event for one destination. The row carries its latest attempt; earlier ones stand in attempts.
CREATE TABLE deliveries (
  outlet_no       INTEGER NOT NULL REFERENCES outlets,
  position        INTEGER NOT NULL REFERENCES events,
  generation      INTEGER NOT NULL DEFAULT 0,  -- a replay makes the next one
  destination_no  INTEGER NOT NULL REFERENCES destinations,
  entity_no       INTEGER,                     -- as in events
  sequence_number INTEGER,                     -- as in events
  state           INTEGER NOT NULL DEFAULT 0,  -- 0 pending 1 in_flight 2 retry_wait 3 dead_letter 4 completed 5 failed
  state_at        INTEGER,                     -- in_flight: begun; retry_wait: due; dead_letter: since; else NULL
  attempts        INTEGER NOT NULL DEFAULT 0,  -- in its whole life
  forgiven        INTEGER NOT NULL DEFAULT 0,  -- of those, how many do not count against the limit
  began_at        INTEGER,                     -- the latest attempt
  began_turn      INTEGER,                     --   the turn that committed its intent
  ended_turn      INTEGER,                     --   the turn that committed its outcome
  took            INTEGER,                     --   microseconds
  status          INTEGER,                     --   HTTP status
  PRIMARY KEY (outlet_no, position, generation)
) WITHOUT ROWID;
CREATE INDEX deliveries_open ON deliveries (state, outlet_no, state_at) WHERE state_at IS NOT NULL;

-- Every attempt that ended, but for one: the plain success of a completed delivery stands in the delivery's own row.
-- The view attempt_history joins the two.
CREATE TABLE attempts (
  outlet_no  INTEGER NOT NULL,
  position   INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,                 -- from 1, over the delivery's whole life
  began_at   INTEGER NOT NULL,
  began_turn INTEGER NOT NULL,
  ended_turn INTEGER NOT NULL,
  took       INTEGER NOT NULL,                 -- microseconds; 0 where unknown
  outcome    INTEGER NOT NULL,                 -- 0 answered 1 timeout 2 connect_error 3 broken 4 refused 5 unknown
  status     INTEGER NOT NULL DEFAULT 0,       -- HTTP status where answered
  error      TEXT,
  address    TEXT,
  timings    TEXT,                             -- name,connect,tls,first byte; microseconds, empty where not reached
  excerpt    BLOB,                             -- the first bytes of the answer's body
  PRIMARY KEY (outlet_no, position, generation, attempt)
) WITHOUT ROWID;
CREATE INDEX attempts_unknown ON attempts (position) WHERE outcome = 5;

CREATE VIEW attempt_history AS
  SELECT outlet_no, position, generation, attempt, began_at, began_turn, ended_turn, took, outcome, status, error,
         address, timings, excerpt
    FROM attempts
  UNION ALL
  SELECT d.outlet_no, d.position, d.generation, d.attempts, d.began_at, d.began_turn, d.ended_turn, d.took, 0,
         d.status, NULL, NULL, NULL, NULL
    FROM deliveries d
   WHERE d.state = 4
     AND NOT EXISTS (SELECT 1 FROM attempts a
                      WHERE a.outlet_no = d.outlet_no AND a.position = d.position
                        AND a.generation = d.generation AND a.attempt = d.attempts);

-- What operators did, and arrivals that closed a gap: the audit trail, and what wakes a lane in a run that is on.
CREATE TABLE actions (
  action_no       INTEGER PRIMARY KEY AUTOINCREMENT,
  verb            INTEGER NOT NULL,            -- 0 release 1 discard 2 gap skip 3 gap closed
  at              INTEGER NOT NULL,
  entity_no       INTEGER,
  first_sequence  INTEGER,                     -- gap skip: the first number skipped
  last_sequence   INTEGER,                     -- gap skip: the last
  outlet_no       INTEGER,                     -- the delivery that may go now; NULL where there is none
  position        INTEGER,
  generation      INTEGER
);

-- How many deliveries are in each state.
CREATE TABLE tally (
  state      INTEGER PRIMARY KEY,
  deliveries INTEGER NOT NULL
);
INSERT INTO tally VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0);

-- One row: where the journal stands.
CREATE TABLE progress (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  turn      INTEGER NOT NULL,                  -- of the last turn committed
  last_wake INTEGER NOT NULL                   -- the last action the dispatcher has seen
);
INSERT INTO progress VALUES (1, 0, 0);
