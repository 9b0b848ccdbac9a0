-- The standard terms: how many deliveries are in each state, up to where each delivery queue has nothing open, the last
-- action that was followed.
ALTER TABLE tally RENAME TO state_counts;
ALTER TABLE delivery_queues RENAME COLUMN low_position TO low_watermark;
ALTER TABLE progress RENAME COLUMN last_wake TO last_wakeup;
