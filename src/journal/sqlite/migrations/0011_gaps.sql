-- Who gave up a gap that is skipped: 0 an operator; 1 nobody waited for it (--gaps ignore), and what came after it was in
-- its order; 2 a run that had waited for it as long as --gaps says.
ALTER TABLE gaps ADD COLUMN skipped_by INTEGER NOT NULL DEFAULT 0;

-- Streams may have a great many gaps that are skipped; those that are open are found without them.
CREATE INDEX gaps_open ON gaps (since) WHERE skipped_at IS NULL;
CREATE INDEX gaps_open_by_stream ON gaps (entity_no, first_missing) WHERE skipped_at IS NULL;

-- Verb 15: a run gave up a gap. entities.disordered 2: the start of the stream was lowered as well, while nothing of it
-- had been sent.
