#include "journal/sqlite/writing/fresh_deliveries.hpp"

#include "journal/trace.hpp"

#include <algorithm>

namespace dispatch::journal {

namespace {

std::optional<EntityNo> entity_of(const DeliveryRow& row) {
  return row.entity == EntityNo{} ? std::nullopt : std::optional{row.entity};
}
std::optional<SequenceNumber> sequence_of(const DeliveryRow& row) {
  return row.entity == EntityNo{} ? std::nullopt : std::optional{row.sequence};
}

}  // namespace

FreshDeliveries::FreshDeliveries(SQLite::Database& database, TurnAccount& turn, TurnLog& log,
                                 Subscriptions& subscriptions)
    : turn_(turn),
      log_(log),
      subscriptions_(subscriptions),
      open_below_(database,
                  "SELECT 1 FROM deliveries INDEXED BY deliveries_open_by_lane"
                  " WHERE entity_no = ? AND subscription_no = ? AND generation = 0"
                  "   AND sequence_number < ? AND (subscription_no > 0 OR generation > 0)"
                  "   AND state NOT IN (4, 5) LIMIT 1"),
      add_pending_(database,
                   "INSERT INTO deliveries (queue_no, position, destination_no, entity_no, sequence_number,"
                   "                        subscription_no) VALUES",
                   "(?, ?, ?, ?, ?, ?)"),
      add_in_flight_(
          database,
          "INSERT INTO deliveries (state, attempts, began_at, began_turn, queue_no, position, destination_no,"
          "                        entity_no, sequence_number, subscription_no) VALUES",
          "(1, 1, ?1, ?2, ?, ?, ?, ?, ?, ?)") {}

bool FreshDeliveries::add(const DeliveryRow& row, const Arrival& arrival, const Route& route,
                          WallTime accepted, bool in_order) {
  if (find(row.key) != nullptr) return false;
  fresh_.push_back({row, &arrival, route, accepted, in_order});
  return true;
}

void FreshDeliveries::out_of_order(EntityNo entity) {
  for (Fresh& fresh : fresh_)
    if (fresh.row.entity == entity) fresh.in_order = false;
}

std::optional<Begun> FreshDeliveries::begin(const DeliveryKey& key, WallTime now) {
  Fresh* const fresh = find(key);
  if (fresh == nullptr || fresh->begun) return std::nullopt;
  const DeliveryRow& row = fresh->row;
  if (has_to_wait(row)) return Begun{};
  if (fresh->in_order && row.subscription == SubscriptionNo{}) {
    log_.begun_unwritten(row, now);
  } else {
    log_.begun(row.key);
    begun_.push_back(row);
  }
  fresh->begun = true;

  Begun begun{.won = true, .outgoing = request_of(*fresh)};
  begun.outgoing.began = now;
  if (row.subscription != SubscriptionNo{})
    begun.outgoing.subscription = subscriptions_.find(row.subscription);
  return begun;
}

/// Its first attempt, but for its time and subscription.
Outgoing FreshDeliveries::request_of(const Fresh& fresh) {
  const auto& [row, arrival, route, accepted, in_order, is_begun] = fresh;
  Outgoing outgoing;
  outgoing.url = route.url;
  copy_to(outgoing, *arrival);
  outgoing.sequence = sequence_of(row);
  outgoing.trace = trace_of_attempt(arrival->trace, row.key, outgoing.attempt);
  outgoing.ingest = arrival->trace.span;
  outgoing.accepted = accepted;
  return outgoing;
}

/// What the turn has made cannot be done yet.
bool FreshDeliveries::has_to_wait(const DeliveryRow& row) {
  if (!is_sparse_lane(row) || row.entity == EntityNo{}) return false;
  const bool after_fresh = std::any_of(fresh_.begin(), fresh_.end(), [&](const Fresh& fresh) {
    return fresh.row.entity == row.entity && fresh.row.sequence < row.sequence &&
           fresh.row.destination == row.destination;
  });
  return after_fresh || open_below_.rows(row.entity, row.subscription, row.sequence).next();
}

void FreshDeliveries::write_begun(WallTime now) {
  insert(add_in_flight_, begun_, [&](auto& bind) { bind(now, turn_.number); });
  begun_.clear();
}

void FreshDeliveries::write() {
  std::vector<DeliveryRow> pending;
  for (const Fresh& fresh : fresh_) {
    if (fresh.begun) continue;
    pending.push_back(fresh.row);
    const bool direct = fresh.row.subscription == SubscriptionNo{};  // its URL stays what it is
    if (direct && remembered_.has_room()) remembered_.add(fresh.row.key, request_of(fresh));
  }
  insert(add_pending_, pending, [](auto&) {});
  fresh_.clear();
}

template <class BindShared>
void FreshDeliveries::insert(RowsInsert& insert, std::span<const DeliveryRow> rows, BindShared bind_shared) {
  while (!rows.empty()) {
    const auto some = rows.first(RowsInsert::at_once(rows.size()));
    insert.run(some.size(), [&](auto bind) {
      bind_shared(bind);
      for (const DeliveryRow& row : some)
        bind(row.key.queue, row.key.position, row.destination, entity_of(row), sequence_of(row),
             row.subscription);
    });
    rows = rows.subspan(some.size());
  }
}

bool FreshDeliveries::any_below(const DeliveryRow& row) const {
  return std::any_of(fresh_.begin(), fresh_.end(), [&](const Fresh& fresh) {
    return fresh.row.entity == row.entity && fresh.row.sequence < row.sequence;
  });
}

bool FreshDeliveries::leads_to(Position position, QueueNo queue, DestinationNo destination) {
  const Fresh* fresh = find({.queue = queue, .position = position});
  return fresh != nullptr && fresh->row.destination == destination;
}

FreshDeliveries::Fresh* FreshDeliveries::find(const DeliveryKey& key) {
  auto found = std::lower_bound(
      fresh_.begin(), fresh_.end(), key.position,
      [](const Fresh& fresh, Position position) { return fresh.row.key.position < position; });
  for (; found != fresh_.end() && found->row.key.position == key.position; ++found)
    if (found->row.key == key) return &*found;
  return nullptr;
}

}  // namespace dispatch::journal
