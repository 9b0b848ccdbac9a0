-- What was called an outlet is called a delivery queue.
DROP VIEW attempt_history;
DROP INDEX outlets_by_subscription;
ALTER TABLE outlets RENAME TO delivery_queues;
ALTER TABLE delivery_queues RENAME COLUMN outlet_no TO queue_no;
ALTER TABLE destinations RENAME COLUMN outlet_no TO queue_no;
ALTER TABLE deliveries RENAME COLUMN outlet_no TO queue_no;
ALTER TABLE attempts RENAME COLUMN outlet_no TO queue_no;
ALTER TABLE actions RENAME COLUMN outlet_no TO queue_no;
CREATE UNIQUE INDEX delivery_queues_by_subscription ON delivery_queues (subscription_no) WHERE subscription_no > 0;
CREATE VIEW attempt_history AS
  SELECT queue_no, position, generation, attempt, began_at, began_turn, ended_turn, took, outcome, status, error,
         address, timings, excerpt, destination_no
    FROM attempts
  UNION ALL
  SELECT d.queue_no, d.position, d.generation, d.attempts, d.began_at, d.began_turn, d.ended_turn, d.took, 0,
         d.status, NULL, d.address, d.timings, NULL, d.destination_no
    FROM deliveries d
   WHERE d.state = 4
     AND NOT EXISTS (SELECT 1 FROM attempts a
                      WHERE a.queue_no = d.queue_no AND a.position = d.position
                        AND a.generation = d.generation AND a.attempt = d.attempts);
