-- What is open in the lanes of subscriptions and of replays, which a fan-out may fill from behind: the order in them
-- is decided by this index alone. What is done need not stand in it.
DROP INDEX deliveries_by_lane;
CREATE INDEX deliveries_open_by_lane ON deliveries (entity_no, subscription_no, generation, sequence_number)
  WHERE entity_no IS NOT NULL AND (subscription_no > 0 OR generation > 0) AND state NOT IN (4, 5);
