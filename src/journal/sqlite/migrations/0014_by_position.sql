-- The deliveries of one event, without asking each outlet for them: there may be tens of thousands.
CREATE INDEX deliveries_by_position ON deliveries (position);

-- Streams that did not arrive in their order.
CREATE INDEX entities_disordered ON entities (entity_no) WHERE disordered <> 0;

-- Rejected lines that are open, by the file that they came from first.
DROP INDEX rejects_open;
CREATE INDEX rejects_open ON rejects (file, bytes) WHERE cleared_at IS NULL AND digest IS NOT NULL;
