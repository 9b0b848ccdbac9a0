-- Up to where each partition of a source was taken in: the next offset, which the transaction that appends compares
-- and sets.
CREATE TABLE source_marks (
  source    TEXT NOT NULL,
  partition TEXT NOT NULL,
  next      INTEGER NOT NULL,
  PRIMARY KEY (source, partition)
) WITHOUT ROWID;

-- The wakeups of a delivery queue up to this action were followed; all up to progress.last_wake were in any case.
ALTER TABLE delivery_queues ADD COLUMN last_wakeup INTEGER NOT NULL DEFAULT 0;

-- retry and release: the destination that an operator asked to try at once; NULL before this version.
ALTER TABLE actions ADD COLUMN asked_destination_no INTEGER;
