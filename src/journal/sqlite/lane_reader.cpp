#include "journal/sqlite/lane_reader.hpp"

#include "journal/sqlite/delivery_columns.hpp"

#include <limits>

#include <fmt/format.h>

namespace dispatch::journal {

namespace {

constexpr std::int64_t no_number_is_higher = std::numeric_limits<std::int64_t>::max();

/// True where the lane of `row` has the index deliveries_by_lane.
bool is_sparse(const DeliveryRow& row) {
  return row.subscription != SubscriptionNo{} || row.key.generation > 0;
}

}  // namespace

LaneReader::LaneReader(SQLite::Database& database)
    : delivery_(
          database,
          fmt::format("SELECT {} FROM deliveries WHERE outlet_no = ? AND position = ? AND generation = ?",
                      delivery_columns)),
      // Both are answered from the index events_by_stream alone.
      below_(database,
             "SELECT position FROM events WHERE entity_no = ? AND sequence_number < ? ORDER BY "
             "sequence_number DESC"),
      above_(database,
             "SELECT position FROM events WHERE entity_no = ? AND sequence_number > ? AND sequence_number < ?"
             " ORDER BY sequence_number"),
      sparsely_below_(database,
                      fmt::format("SELECT {} FROM deliveries INDEXED BY deliveries_by_lane"
                                  " WHERE entity_no = ? AND destination_no = ? AND generation = ?"
                                  "   AND sequence_number < ? AND (subscription_no > 0 OR generation > 0)"
                                  " ORDER BY sequence_number DESC LIMIT 1",
                                  delivery_columns)),
      sparsely_above_(database, fmt::format("SELECT {} FROM deliveries INDEXED BY deliveries_by_lane"
                                            " WHERE entity_no = ? AND destination_no = ? AND generation = ?"
                                            "   AND sequence_number > ? AND sequence_number < ?"
                                            "   AND (subscription_no > 0 OR generation > 0)"
                                            " ORDER BY sequence_number",
                                            delivery_columns)),
      gap_below_(
          database,
          "SELECT 1 FROM gaps WHERE entity_no = ? AND first_missing < ? AND skipped_at IS NULL LIMIT 1"),
      gap_above_(
          database,
          "SELECT first_missing FROM gaps WHERE entity_no = ? AND first_missing > ? AND skipped_at IS NULL"
          " ORDER BY first_missing LIMIT 1"),
      disordered_(database, "SELECT disordered FROM entities WHERE entity_no = ?"),
      first_position_(database, "SELECT first_position FROM destinations WHERE destination_no = ?") {}

Predecessor LaneReader::predecessor(const DeliveryRow& row) {
  Predecessor before;
  before.disordered = is_disordered(row.entity);
  // A gap is opened by an event that comes too early, which is what makes a stream disordered.
  if (before.disordered) before.gap = gap_below_.rows(row.entity, row.sequence).next();
  if (const auto nearest = nearest_below(row, before.disordered)) {
    before.exists = true;
    before.sequence = nearest->sequence;
    before.state = nearest->state;
  }
  return before;
}

std::vector<DeliveryRow> LaneReader::successors(const DeliveryRow& row, std::size_t limit) {
  std::vector<DeliveryRow> following;
  if (row.entity == EntityNo{} || limit == 0) return following;
  std::int64_t until = no_number_is_higher;
  if (auto gap = gap_above_.rows(row.entity, row.sequence); gap.next()) until = gap.integer(0);

  each_above(row, until, [&](const DeliveryRow& next) {
    if (is_final(next.state)) return true;
    if (next.state != DeliveryState::pending) return false;
    following.push_back(next);
    return following.size() < limit;
  });
  return following;
}

std::optional<DeliveryRow> LaneReader::head(const DeliveryKey& key) {
  auto row = read(key);
  if (!row) return std::nullopt;
  if (row->entity == EntityNo{}) return is_final(row->state) ? std::nullopt : row;

  if (is_final(row->state)) {
    std::optional<DeliveryRow> first;
    each_above(*row, no_number_is_higher, [&](const DeliveryRow& above) {
      if (!is_final(above.state)) first = above;
      return !first;
    });
    return first;
  }
  const bool disordered = is_disordered(row->entity);
  for (auto below = nearest_below(*row, disordered); below && !is_final(below->state);
       below = nearest_below(*row, disordered))
    row = below;
  return row;
}

std::optional<DeliveryRow> LaneReader::read(const DeliveryKey& key) {
  auto rows = delivery_.rows(key.outlet, key.position, key.generation);
  if (!rows.next()) return std::nullopt;
  return read_delivery(rows);
}

std::optional<DeliveryRow> LaneReader::nearest_below(const DeliveryRow& row, bool disordered) {
  if (is_sparse(row)) return sparsely_below(row);
  Position lowest{0};
  // In a stream that came in order, what lies below also came before: nothing goes to a destination before
  // the event that named it first.
  if (!disordered) {
    if (auto rows = first_position_.rows(row.destination); rows.next()) lowest = Position{rows.integer(0)};
  }
  auto events = below_.rows(row.entity, row.sequence);
  while (events.next()) {
    const Position position{events.integer(0)};
    if (position < lowest) return std::nullopt;
    if (auto below = in_lane_at(row, position)) return below;
  }
  return std::nullopt;
}

std::optional<DeliveryRow> LaneReader::sparsely_below(const DeliveryRow& row) {
  auto rows = sparsely_below_.rows(row.entity, row.destination, row.key.generation, row.sequence);
  if (!rows.next()) return std::nullopt;
  return read_delivery(rows);
}

template <class Each>
void LaneReader::each_above(const DeliveryRow& row, std::int64_t until, Each each) {
  if (is_sparse(row)) {
    auto rows = sparsely_above_.rows(row.entity, row.destination, row.key.generation, row.sequence, until);
    while (rows.next() && each(read_delivery(rows))) {
    }
    return;
  }
  auto events = above_.rows(row.entity, row.sequence, until);
  while (events.next()) {
    const auto above = in_lane_at(row, Position{events.integer(0)});
    if (above && !each(*above)) return;
  }
}

std::optional<DeliveryRow> LaneReader::in_lane_at(const DeliveryRow& row, Position position) {
  auto found = read({.outlet = row.key.outlet, .position = position, .generation = row.key.generation});
  if (found && found->destination != row.destination) return std::nullopt;
  return found;
}

bool LaneReader::is_disordered(EntityNo entity) {
  auto rows = disordered_.rows(entity);
  return rows.next() && rows.integer(0) != 0;
}

}  // namespace dispatch::journal
