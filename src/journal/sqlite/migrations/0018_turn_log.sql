-- What is in flight stands in the row of the turn that began it, and in no index. A row is deleted when the last of what
-- it names has ended, so that it may name deliveries that are not in flight any more.
CREATE TABLE turn_log (
  turn  INTEGER PRIMARY KEY,
  begun TEXT    NOT NULL                       -- a JSON array of [queue_no, position] or [queue_no, position, generation]
);
CREATE VIEW turn_log_entries AS
  SELECT turn, json_extract(entry.value, '$[0]') AS queue_no, json_extract(entry.value, '$[1]') AS position,
         coalesce(json_extract(entry.value, '$[2]'), 0) AS generation
    FROM turn_log, json_each(begun) entry;
INSERT INTO turn_log (turn, begun)
  SELECT began_turn, json_group_array(json_array(queue_no, position, generation))
    FROM deliveries WHERE state = 1 AND state_at IS NOT NULL GROUP BY began_turn;

-- began_at says as well when it began; without state_at it has no entry in deliveries_open.
UPDATE deliveries SET state_at = NULL WHERE state = 1 AND state_at IS NOT NULL;
