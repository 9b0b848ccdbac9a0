-- Where the event stands in a distributed trace (W3C Trace Context). Of a trace that it continues: the trace id (16
-- bytes), the id of the span in which it was taken in (8), and the flags (1). Of one that it started: the flags as a
-- number, as the rest follows from its id and the seed. NULL where there is none.
ALTER TABLE events ADD COLUMN trace;
ALTER TABLE progress ADD COLUMN trace_seed BLOB;
UPDATE progress SET trace_seed = randomblob(16);

-- What shares a correlation id is found across entities.
CREATE INDEX events_by_correlation ON events (correlation_id) WHERE correlation_id IS NOT NULL;
