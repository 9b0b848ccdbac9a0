#include "journal/sqlite/writing/outcome_writer.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

namespace dispatch::journal {

namespace {

/// A success of which there is nothing to keep but what the delivery's own row has room for.
bool is_plain_success(const Settlement& settlement) {
  const Outcome& outcome = *settlement.outcome;
  const bool good = outcome.kind == OutcomeKind::answered || outcome.kind == OutcomeKind::acknowledged;
  return settlement.by == Transition::succeed && good && outcome.error.empty() && outcome.excerpt.empty();
}

/// A 2xx that was judged a failure must not look like a success that something followed (see verify's
/// "once").
std::optional<std::string> error_text(const Settlement& settlement) {
  const Outcome& outcome = *settlement.outcome;
  if (!outcome.error.empty()) return outcome.error;
  const bool looks_good =
      outcome.kind == OutcomeKind::answered && outcome.status >= 200 && outcome.status <= 299;
  if (looks_good && settlement.by != Transition::succeed) return "this status counts as a failure here";
  return std::nullopt;
}

/// "name,connect,tls,first byte" in microseconds, each empty where not reached; nothing where none was.
std::optional<std::string> timings_text(const AttemptTimings& timings) {
  if (!timings.name_resolved && !timings.connected && !timings.tls_ready && !timings.first_byte)
    return std::nullopt;
  std::string text;
  const auto add = [&text](const std::optional<std::chrono::microseconds>& at) {
    if (!at) return;
    const fmt::format_int number{at->count()};
    text.append(number.data(), number.size());
  };
  add(timings.name_resolved);
  text += ',';
  add(timings.connected);
  text += ',';
  add(timings.tls_ready);
  text += ',';
  add(timings.first_byte);
  return text;
}

}  // namespace

OutcomeWriter::OutcomeWriter(SQLite::Database& database, TurnAccount& turn, TurnLog& log)
    : turn_(turn),
      log_(log),
      succeed_(database,
               "UPDATE deliveries SET state = 4, ended_turn = ?, took = ?, status = ?,"
               "                      address = ?, timings = ?"
               " WHERE queue_no = ? AND position = ? AND generation = ? AND state = 1"),
      fail_(
          database,
          "UPDATE deliveries SET state = ?, state_at = ?, forgiven = forgiven + ?, ended_turn = ?, took = ?,"
          "                      status = ?, throttled_since = coalesce(?, throttled_since)"
          " WHERE queue_no = ? AND position = ? AND generation = ? AND state = 1"),
      give_up_(database,
               "UPDATE deliveries SET state = 5, state_at = NULL"
               " WHERE queue_no = ? AND position = ? AND generation = ? AND subscription_no IN"
               "       (SELECT subscription_no FROM subscriptions WHERE removed_at IS NOT NULL)"),
      add_attempt_(
          database,
          "INSERT INTO attempts (queue_no, position, generation, attempt, began_at, began_turn, ended_turn,"
          "                      took, outcome, status, error, address, timings, excerpt, destination_no)"
          " SELECT queue_no, position, generation, attempts, began_at, began_turn, ?, ?, ?, ?, ?, ?, ?, ?,"
          "        destination_no FROM deliveries WHERE queue_no = ? AND position = ? AND generation = ? "
          "AND state = 1"),
      add_first_attempt_(
          database,
          "INSERT INTO attempts (queue_no, position, generation, attempt, began_at, began_turn, ended_turn,"
          "                      took, outcome, status, error, address, timings, excerpt, destination_no)"
          " VALUES (?, ?, 0, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      ended_turn_(database,
                  "SELECT ended_turn FROM deliveries WHERE queue_no = ? AND position = ? AND generation = ?"),
      insert_completed_(
          database,
          "INSERT INTO deliveries (state, attempts, ended_turn, queue_no, position, destination_no, "
          "entity_no,"
          "                        sequence_number, began_at, began_turn, took, status, address, timings)"
          " VALUES",
          "(4, 1, ?1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", " ON CONFLICT DO NOTHING") {}

Result<std::vector<Settled>> OutcomeWriter::settle(std::span<const Settlement> settlements) {
  std::vector<Settled> settled(settlements.size(), Settled::lost);
  completed_.clear();
  for (std::size_t i = 0; i < settlements.size(); ++i) {
    const Settlement& settlement = settlements[i];
    const auto unwritten = log_.unwritten(settlement.key);
    if (unwritten && settlement.by == Transition::succeed) {
      log_.ended(settlement.key);
      completed_.push_back({.place = i, .settlement = &settlement, .delivery = *unwritten});
      continue;
    }
    if (unwritten) log_.write_row(settlement.key);
    DISPATCH_ASSIGN(settled[i], settle_one(settlement));
  }
  DISPATCH_TRY(insert_completed(settled));
  return settled;
}

/// Where another object has given one of them its row, that row decides.
Result<> OutcomeWriter::insert_completed(std::vector<Settled>& settled) {
  std::sort(completed_.begin(), completed_.end(),
            [](const Completed& a, const Completed& b) { return a.settlement->key < b.settlement->key; });
  for (auto left = std::span<const Completed>{completed_}; !left.empty();) {
    const auto some = left.first(RowsInsert::at_once(left.size()));
    const bool all = insert(some) == static_cast<int>(some.size());
    for (const Completed& one : some) {
      if (!all && !ended_now(one.settlement->key)) {
        DISPATCH_ASSIGN(settled[one.place], settle_one(*one.settlement));
        continue;
      }
      if (!is_plain_success(*one.settlement)) add_attempt(one);
      turn_.moved(DeliveryState::in_flight, DeliveryState::completed);
      settled[one.place] = Settled::ours;
    }
    left = left.subspan(some.size());
  }
  return {};
}

int OutcomeWriter::insert(std::span<const Completed> some) {
  return insert_completed_.run(some.size(), [&](auto bind) {
    bind(turn_.number);
    for (const auto& [place, settlement, delivery] : some) {
      const auto& key = settlement->key;
      const Outcome& outcome = *settlement->outcome;
      bind(key.queue, key.position, delivery.destination);
      if (delivery.entity == EntityNo{})
        bind(std::nullopt, std::nullopt);
      else
        bind(delivery.entity, delivery.sequence);
      bind(delivery.began_at, delivery.began_turn, outcome.took, outcome.status);
      if (is_plain_success(*settlement))
        bind(null_if_empty(outcome.address), timings_text(outcome.timings));
      else
        bind(std::nullopt, std::nullopt);
    }
  });
}

/// As settle_one does it, of a delivery that had no row to take the beginning from.
void OutcomeWriter::add_attempt(const Completed& one) {
  const auto& [place, settlement, delivery] = one;
  const Outcome& outcome = *settlement->outcome;
  std::optional<Blob> excerpt;
  if (!outcome.excerpt.empty()) excerpt = Blob{outcome.excerpt};
  add_first_attempt_.run(settlement->key.queue, settlement->key.position, delivery.began_at,
                         delivery.began_turn, turn_.number, outcome.took, static_cast<int>(outcome.kind),
                         outcome.status, error_text(*settlement), null_if_empty(outcome.address),
                         timings_text(outcome.timings), excerpt, delivery.destination);
}

/// True if its row says that it ended in the open turn.
bool OutcomeWriter::ended_now(const DeliveryKey& key) {
  auto rows = ended_turn_.rows(key.queue, key.position, key.generation);
  return rows.next() && rows.integer(0) == turn_.number;
}

Result<Settled> OutcomeWriter::settle_one(const Settlement& settlement) {
  const auto& [key, by, forgive, due, at, outcome, throttled_since] = settlement;
  const auto next = next_state(DeliveryState::in_flight, by);
  if (!next) return fail("an outcome cannot move a delivery along that way; this is a bug in the scheduler");

  auto address = null_if_empty(outcome->address);
  auto timings = timings_text(outcome->timings);
  if (!is_plain_success(settlement)) {
    std::optional<Blob> excerpt;
    if (!outcome->excerpt.empty()) excerpt = Blob{outcome->excerpt};
    add_attempt_.run(turn_.number, outcome->took, static_cast<int>(outcome->kind), outcome->status,
                     error_text(settlement), address, timings, excerpt, key.queue, key.position,
                     key.generation);
    address = {};
    timings = {};
  }

  int changes = 0;
  if (*next == DeliveryState::completed) {
    changes = succeed_.run(turn_.number, outcome->took, outcome->status, address, timings, key.queue,
                           key.position, key.generation);
  } else {
    std::optional<WallTime> state_at;  // none of a state that is final
    if (!is_final(*next)) state_at = *next == DeliveryState::retry_wait ? due : at;
    changes = fail_.run(static_cast<int>(*next), state_at, forgive ? 1 : 0, turn_.number, outcome->took,
                        outcome->status, throttled_since, key.queue, key.position, key.generation);
  }
  log_.ended(key);
  if (changes == 0) return Settled::lost;
  turn_.moved(DeliveryState::in_flight, *next);
  if (is_final(*next)) return Settled::ours;
  if (give_up_.run(key.queue, key.position, key.generation) != 0) turn_.moved(*next, DeliveryState::failed);
  return Settled::ours;
}

Result<std::size_t> OutcomeWriter::recover(Orphans orphans, const Abandoned& left, WallTime now,
                                           std::size_t limit) {
  log_.write_rows();
  const auto found = log_.in_flight(limit);
  Outcome unknown;
  unknown.kind = OutcomeKind::unknown;
  unknown.error = "the dispatcher ended before an outcome was recorded";
  for (const DeliveryRow& row : found) {
    DISPATCH_TRY(settle_one({.key = row.key,
                             .by = orphans == Orphans::retry ? Transition::retry : Transition::bury,
                             .forgive = true,
                             .due = std::max(now, left.not_before),
                             .at = now,
                             .outcome = &unknown}));
  }
  if (found.size() < limit) log_.clear();
  return found.size();
}

}  // namespace dispatch::journal
