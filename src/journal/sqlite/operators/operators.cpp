#include "journal/sqlite/operators/operators.hpp"

#include "base/fail_point.hpp"

#include <fmt/format.h>

namespace dispatch::journal {

namespace {

constexpr const char* of_delivery = " WHERE queue_no = ? AND position = ? AND generation = ? AND state = ?";

}  // namespace

Operators::Operators(SQLite::Database& database, TurnAccount& turn, Retries& retries)
    : turn_(turn),
      retries_(retries),
      streams_(database),
      wakeups_(database, turn),
      add_action_(database,
                  fmt::format("INSERT INTO actions (verb, at, turn, entity_no, queue_no, position,"
                              "                     generation, asked_destination_no)"
                              " SELECT ?1, ?, ?, entity_no, queue_no, position, generation,"
                              "        iif(?1 = 0, coalesce(present_destination_no, destination_no), NULL)"
                              "   FROM deliveries JOIN delivery_queues USING (queue_no){}",
                              of_delivery)),
      release_(database, fmt::format("UPDATE deliveries SET state = 0, state_at = NULL, forgiven = attempts,"
                                     " throttled_since = NULL{}",
                                     of_delivery)),
      discard_(database, fmt::format("UPDATE deliveries SET state = 5, state_at = NULL{}", of_delivery)),
      skip_(database, "UPDATE gaps SET skipped_at = ? WHERE entity_no = ? AND first_missing = ?") {}

std::int64_t Operators::release(std::span<const DeliveryKey> deliveries, WallTime now) {
  return move_dead_letters(deliveries, Verb::release, release_, Transition::release, now);
}

std::int64_t Operators::discard(std::span<const DeliveryKey> deliveries, WallTime now) {
  return move_dead_letters(deliveries, Verb::discard, discard_, Transition::discard, now);
}

std::int64_t Operators::move_dead_letters(std::span<const DeliveryKey> deliveries, Verb verb, Statement& move,
                                          Transition by, WallTime now) {
  constexpr DeliveryState dead = DeliveryState::dead_letter;
  for (const auto& [queue, position, generation] : deliveries)
    add_action_.run(static_cast<int>(verb), now, turn_.number, queue, position, generation,
                    static_cast<int>(dead));
  fail_point(FailPoint::dead_letters_noted);
  std::int64_t moved = 0;
  for (const auto& key : deliveries) {
    if (move.run(key.queue, key.position, key.generation, static_cast<int>(dead)) == 0) continue;
    if (verb == Verb::release) retries_.ask(key, now);
    ++moved;
  }
  fail_point(FailPoint::dead_letters_moved);
  turn_.moved(dead, next_state(dead, by).value(), moved);
  return moved;
}

std::optional<std::pair<SequenceNumber, SequenceNumber>> Operators::skip_gap(
    std::string_view entity, std::optional<SequenceNumber> only, WallTime now) {
  streams_.forget();
  const Stream* stream = streams_.find(entity);
  if (stream == nullptr) return std::nullopt;
  const auto gap = streams_.lowest_open(stream->entity);
  if (!gap || (only && *only != SequenceNumber{gap->first})) return std::nullopt;
  skip_.run(now, stream->entity, gap->first);
  fail_point(FailPoint::gap_skipped);
  wakeups_.past_gap(stream->entity, *gap, Verb::gap_skip, now);
  return std::pair{SequenceNumber{gap->first}, SequenceNumber{gap->last}};
}

}  // namespace dispatch::journal
