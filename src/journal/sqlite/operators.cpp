#include "journal/sqlite/operators.hpp"

#include "base/fail_point.hpp"

#include <string>

namespace dispatch::journal {

namespace {

/// The dead letters that are meant: ?1 an entity id or NULL, ?2 an event id or NULL.
constexpr const char* meant =
    " WHERE state = 3 AND state_at IS NOT NULL"
    "   AND (?1 IS NULL OR entity_no = (SELECT entity_no FROM entities WHERE entity_id = ?1))"
    "   AND (?2 IS NULL OR position = (SELECT position FROM events WHERE event_id = ?2))";

}  // namespace

Operators::Operators(SQLite::Database& database, TurnAccount& turn)
    : turn_(turn),
      streams_(database),
      wakes_(database, turn),
      add_actions_(
          database,
          fmt::format("INSERT INTO actions (verb, at, turn, entity_no, outlet_no, position, "
                      "generation)"
                      " SELECT ?3, ?4, ?5, entity_no, outlet_no, position, generation FROM deliveries"
                      "{} ORDER BY position",
                      meant)),
      release_(database,
               fmt::format("UPDATE deliveries SET state = 0, state_at = NULL, forgiven = attempts{}", meant)),
      discard_(database, fmt::format("UPDATE deliveries SET state = 5, state_at = NULL{}", meant)),
      skip_(database, "UPDATE gaps SET skipped_at = ? WHERE entity_no = ? AND first_missing = ?") {}

std::int64_t Operators::release(const DeadLetters& which, WallTime now) {
  return move_dead_letters(which, Verb::release, release_,
                           next_state(DeliveryState::dead_letter, Transition::release).value(), now);
}

std::int64_t Operators::discard(const DeadLetters& which, WallTime now) {
  return move_dead_letters(which, Verb::discard, discard_,
                           next_state(DeliveryState::dead_letter, Transition::discard).value(), now);
}

std::int64_t Operators::move_dead_letters(const DeadLetters& which, Verb verb, Statement& move,
                                          DeliveryState to, WallTime now) {
  add_actions_.run(which.entity, which.event, static_cast<std::int64_t>(verb), now, turn_.number);
  fail_point(FailPoint::dead_letters_noted);
  const std::int64_t moved = move.run(which.entity, which.event);
  fail_point(FailPoint::dead_letters_moved);
  turn_.moved(DeliveryState::dead_letter, to, moved);
  return moved;
}

std::optional<std::pair<SequenceNumber, SequenceNumber>> Operators::skip_gap(std::string_view entity,
                                                                             WallTime now) {
  streams_.forget();
  const Stream* stream = streams_.find(entity);
  if (stream == nullptr) return std::nullopt;
  const auto gap = streams_.lowest_open(stream->entity);
  if (!gap) return std::nullopt;
  skip_.run(now, stream->entity, gap->first);
  fail_point(FailPoint::gap_skipped);
  wakes_.past_gap(stream->entity, *gap, Verb::gap_skip, now);
  return std::pair{SequenceNumber{gap->first}, SequenceNumber{gap->last}};
}

}  // namespace dispatch::journal
