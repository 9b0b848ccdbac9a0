-- A direct delivery that is begun in the turn that appends its event, in the order of its stream, gets its row when it has
-- ended. Until then only the turn log has it. Its entry there is
--   [queue_no, position, 0, destination_no, entity_no, sequence_number, began_at]
-- with the turn that began it behind that where another turn's row has the entry now.
DROP VIEW turn_log_entries;
CREATE VIEW turn_log_entries AS
  SELECT turn, json_extract(entry.value, '$[0]') AS queue_no, json_extract(entry.value, '$[1]') AS position,
         coalesce(json_extract(entry.value, '$[2]'), 0) AS generation,
         json_extract(entry.value, '$[3]') AS destination_no, json_extract(entry.value, '$[4]') AS entity_no,
         json_extract(entry.value, '$[5]') AS sequence_number, json_extract(entry.value, '$[6]') AS began_at,
         coalesce(json_extract(entry.value, '$[7]'), turn) AS began_turn
    FROM turn_log, json_each(begun) entry;

-- The deliveries in flight that have no row. The casts give the columns the types of those of deliveries, without which
-- SQLite does not look into all_deliveries but makes a copy of it.
CREATE VIEW unwritten_deliveries AS
  SELECT CAST(queue_no AS INTEGER) AS queue_no, CAST(position AS INTEGER) AS position,
         CAST(generation AS INTEGER) AS generation, CAST(destination_no AS INTEGER) AS destination_no,
         CAST(entity_no AS INTEGER) AS entity_no, CAST(sequence_number AS INTEGER) AS sequence_number,
         CAST(1 AS INTEGER) AS state, CAST(NULL AS INTEGER) AS state_at, CAST(1 AS INTEGER) AS attempts,
         CAST(0 AS INTEGER) AS forgiven, CAST(began_at AS INTEGER) AS began_at, CAST(began_turn AS INTEGER) AS began_turn,
         CAST(NULL AS INTEGER) AS ended_turn, CAST(NULL AS INTEGER) AS took, CAST(NULL AS INTEGER) AS status,
         CAST(0 AS INTEGER) AS subscription_no, CAST(NULL AS TEXT) AS address, CAST(NULL AS TEXT) AS timings,
         CAST(NULL AS INTEGER) AS throttled_since, CAST(NULL AS INTEGER) AS made_turn
    FROM turn_log_entries t
   WHERE destination_no IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM deliveries d
                      WHERE d.queue_no = t.queue_no AND d.position = t.position AND d.generation = t.generation);

-- Every delivery.
CREATE VIEW all_deliveries AS
  SELECT queue_no, position, generation, destination_no, entity_no, sequence_number, state, state_at, attempts, forgiven,
         began_at, began_turn, ended_turn, took, status, subscription_no, address, timings, throttled_since, made_turn
    FROM deliveries
  UNION ALL
  SELECT queue_no, position, generation, destination_no, entity_no, sequence_number, state, state_at, attempts, forgiven,
         began_at, began_turn, ended_turn, took, status, subscription_no, address, timings, throttled_since, made_turn
    FROM unwritten_deliveries;
