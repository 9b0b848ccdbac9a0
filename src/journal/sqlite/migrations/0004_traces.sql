-- Where the event stands in a distributed trace (W3C Trace Context): the trace id (16 bytes), the id of the span in which
-- it was taken in (8), and the flags (1). NULL where there is none.
ALTER TABLE events ADD COLUMN trace BLOB;

-- What shares a correlation id is found across entities.
CREATE INDEX events_by_correlation ON events (correlation_id) WHERE correlation_id IS NOT NULL;
