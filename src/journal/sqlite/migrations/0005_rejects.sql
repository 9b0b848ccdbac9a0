-- Lines of input that could not be accepted: a queue for operators. A line is known by its text: it stands here once,
-- however often it comes, and goes when a line of the same text is accepted.
CREATE TABLE rejects (
  reject_no  INTEGER PRIMARY KEY AUTOINCREMENT,
  digest     BLOB UNIQUE,                      -- SHA-256 of the line; NULL: the end of the line has not come yet
  file       TEXT    NOT NULL,                 -- where it came from first, as it was given; - is standard input
  line       INTEGER NOT NULL,                 -- its number there, from 1
  reason     TEXT    NOT NULL,                 -- as of the last time
  bytes      INTEGER NOT NULL,                 -- 0 where digest is NULL
  times      INTEGER NOT NULL DEFAULT 1,       -- how often it came
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  cleared_at INTEGER                           -- NULL: open
);
CREATE INDEX rejects_open ON rejects (bytes) WHERE cleared_at IS NULL AND digest IS NOT NULL;

-- The line as it came, without its end; one row, or several in their order where it came in pieces. Deleted where the
-- reject is cleared.
CREATE TABLE reject_texts (
  reject_no INTEGER NOT NULL REFERENCES rejects,
  place     INTEGER NOT NULL,                  -- from 0
  text      BLOB    NOT NULL,
  PRIMARY KEY (reject_no, place)
);

-- Verb 11: rejects were cleared; note says how many.
