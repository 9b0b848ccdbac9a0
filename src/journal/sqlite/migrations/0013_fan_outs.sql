-- The turn of the fan-out that made the delivery. NULL: it came with its event, a replay made it, or a fan-out did so up
-- to the turn fan_outs_turn, when it was not recorded.
ALTER TABLE deliveries ADD COLUMN made_turn INTEGER;
ALTER TABLE progress ADD COLUMN fan_outs_turn INTEGER NOT NULL DEFAULT 0;
UPDATE progress SET fan_outs_turn = turn;
