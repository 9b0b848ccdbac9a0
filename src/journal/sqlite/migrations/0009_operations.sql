-- By which input events came: those at first_position and above, up to where the next row begins. What came before the
-- first row, or has no input_no, came by one that was not recorded.
CREATE TABLE inputs (
  input_no INTEGER PRIMARY KEY,
  name     TEXT    NOT NULL UNIQUE             -- the absolute path of a file; - is standard input
);
CREATE TABLE event_inputs (
  first_position INTEGER PRIMARY KEY,
  input_no       INTEGER REFERENCES inputs
);

-- Verbs: 12 cancel, 13 retry, 14 acknowledge.
ALTER TABLE actions ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;  -- 1: it wakes nothing
CREATE INDEX actions_by_position ON actions (position) WHERE position IS NOT NULL;

-- An operator has seen the unknown outcome; one that was not acknowledged is named by whatever shows how the journal
-- stands.
ALTER TABLE attempts ADD COLUMN acknowledged_at INTEGER;
DROP INDEX attempts_unknown;
CREATE INDEX attempts_unknown ON attempts (position) WHERE outcome = 5 AND acknowledged_at IS NULL;
