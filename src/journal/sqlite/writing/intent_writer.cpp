#include "journal/sqlite/writing/intent_writer.hpp"

#include "journal/sqlite/reading/stored_trace.hpp"
#include "journal/trace.hpp"

#include <cstddef>
#include <utility>

namespace dispatch::journal {

IntentWriter::IntentWriter(SQLite::Database& database, TurnAccount& turn, TurnLog& log,
                           FreshDeliveries& fresh, Subscriptions& subscriptions)
    : turn_(turn),
      log_(log),
      fresh_(fresh),
      subscriptions_(subscriptions),
      trace_seed_(read_trace_seed(database)),
      claim_first_(
          database,
          "UPDATE deliveries SET state = 1, attempts = 1, began_at = ?1, began_turn = ?2"
          " WHERE queue_no = ?3 AND position = ?4 AND generation = 0 AND state = 0 AND attempts = 0"
          "   AND subscription_no = 0 AND (entity_no IS NULL"
          "        OR (SELECT disordered FROM entities n WHERE n.entity_no = deliveries.entity_no) < 2)"),
      claim_(database,
             "UPDATE deliveries SET state = 1, state_at = NULL, attempts = attempts + 1, began_at = ?1, "
             "began_turn = ?2,"
             "   destination_no = iif(subscription_no = 0, destination_no,"
             "     (SELECT o.present_destination_no FROM delivery_queues o WHERE o.queue_no = ?3))"
             " WHERE queue_no = ?3 AND position = ?4 AND generation = ?5 AND state = ?6"
             "   AND (subscription_no = 0 AND generation = 0 OR entity_no IS NULL OR NOT EXISTS ("
             "         SELECT 1 FROM deliveries b INDEXED BY deliveries_open_by_lane"
             "          WHERE b.entity_no = deliveries.entity_no"
             "            AND b.subscription_no = deliveries.subscription_no"
             "            AND b.generation = deliveries.generation"
             "            AND (b.subscription_no > 0 OR b.destination_no = deliveries.destination_no)"
             "            AND b.sequence_number < deliveries.sequence_number"
             "            AND (b.subscription_no > 0 OR b.generation > 0) AND b.state NOT IN (4, 5)))"
             // Nothing of a stream was begun when its start was lowered: only the first attempts that were
             // to begin then may come too early.
             "   AND (attempts > 0 OR entity_no IS NULL"
             "        OR (SELECT disordered FROM entities n WHERE n.entity_no = deliveries.entity_no) < 2"
             "        OR NOT EXISTS (SELECT 1 FROM gaps g INDEXED BY gaps_open_by_stream WHERE g.entity_no = "
             "deliveries.entity_no"
             "                          AND g.first_missing < deliveries.sequence_number"
             "                          AND g.skipped_at IS NULL)"
             "           AND (subscription_no > 0 OR generation > 0 OR coalesce((SELECT b.state IN (4, 5)"
             "                 FROM events v CROSS JOIN deliveries b ON b.queue_no = deliveries.queue_no"
             "                                       AND b.position = v.position AND b.generation = 0"
             "                WHERE v.entity_no = deliveries.entity_no"
             "                  AND v.sequence_number < deliveries.sequence_number"
             "                  AND b.destination_no = deliveries.destination_no"
             "                  AND NOT (b.state = 5 AND b.attempts = 0)"
             "                ORDER BY v.sequence_number DESC LIMIT 1), 1)))"),
      read_(
          database,
          "SELECT d.attempts, d.destination_no, d.entity_no, e.sequence_number, e.event_id, e.type, e.source,"
          "       e.time, e.correlation_id, e.causation_id, e.headers, e.payload,"
          "       d.subscription_no, e.trace, e.accepted_at"
          "  FROM deliveries d CROSS JOIN events e ON e.position = d.position"
          " WHERE d.queue_no = ? AND d.position = ? AND d.generation = ?"),
      entities_(database, "SELECT entity_id FROM entities WHERE entity_no = ?"),
      urls_(database, "SELECT url FROM destinations WHERE destination_no = ?") {}

void IntentWriter::forget() {
  entities_.forget();
  urls_.forget();
}

Result<std::vector<Begun>> IntentWriter::begin(std::span<const Intent> intents, WallTime now) {
  std::vector<Begun> begun(intents.size());
  std::vector<std::size_t> stored;  // places of those that an earlier turn made
  for (std::size_t i = 0; i < intents.size(); ++i) {
    const auto& [key, state] = intents[i];
    const auto next = next_state(state, Transition::begin);
    if (!next)
      return fail("cannot begin a delivery that is {}; this is a bug in the scheduler", to_string(state));
    if (auto fresh = fresh_.begin(key, now)) {
      if (fresh->won) turn_.moved(state, *next);
      begun[i] = std::move(*fresh);
    } else {
      stored.push_back(i);
    }
  }
  fresh_.write_begun(now);
  for (const std::size_t i : stored) {
    const auto& [key, state] = intents[i];
    if (auto remembered = begin_remembered(intents[i], now)) {
      note_begun(intents[i]);
      begun[i] = {.won = true, .outgoing = std::move(*remembered)};
      continue;
    }
    if (claim_.run(now, turn_.number, key.queue, key.position, key.generation, static_cast<int>(state)) == 0)
      continue;
    note_begun(intents[i]);
    begun[i].won = true;
    begun[i].outgoing = read_outgoing(key, now);
  }
  return begun;
}

void IntentWriter::note_begun(const Intent& intent) {
  turn_.moved(intent.state, DeliveryState::in_flight);
  log_.begun(intent.key);
}

/// Where it is the delivery's first attempt, in a lane that is filled from above alone.
std::optional<Outgoing> IntentWriter::begin_remembered(const Intent& intent, WallTime now) {
  auto request = fresh_.remembered().take(intent.key);
  if (!request || intent.state != DeliveryState::pending) return std::nullopt;
  if (claim_first_.run(now, turn_.number, intent.key.queue, intent.key.position) == 0) return std::nullopt;
  request->began = now;
  return request;
}

Outgoing IntentWriter::read_outgoing(const DeliveryKey& key, WallTime now) {
  auto rows = read_.rows(key.queue, key.position, key.generation);
  Outgoing outgoing;
  outgoing.began = now;
  outgoing.generation = key.generation;
  if (!rows.next()) return outgoing;
  outgoing.attempt = static_cast<unsigned>(rows.integer(0));
  outgoing.url = urls_.name(rows.integer(1));
  if (!rows.is_null(2)) outgoing.entity_id = entities_.name(rows.integer(2));
  if (!rows.is_null(3)) outgoing.sequence = SequenceNumber{rows.integer(3)};
  outgoing.event_id = rows.bytes(4);
  outgoing.type = rows.bytes(5);
  outgoing.source = rows.bytes(6);
  outgoing.time = rows.bytes(7);
  outgoing.correlation_id = rows.bytes(8);
  outgoing.causation_id = rows.bytes(9);
  outgoing.headers = rows.bytes(10);
  outgoing.payload = rows.bytes(11);
  if (const SubscriptionNo subscription{rows.integer(12)}; subscription != SubscriptionNo{})
    outgoing.subscription = subscriptions_.find(subscription);
  if (const auto trace = read_trace(rows, 13, trace_seed_, outgoing.event_id)) {
    outgoing.trace = trace_of_attempt(*trace, key, outgoing.attempt);
    outgoing.ingest = trace->span;
  }
  outgoing.accepted = from_stored(rows.integer(14));
  return outgoing;
}

}  // namespace dispatch::journal
