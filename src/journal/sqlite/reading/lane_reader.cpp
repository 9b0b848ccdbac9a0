#include "journal/sqlite/reading/lane_reader.hpp"

#include "journal/sqlite/reading/delivery_columns.hpp"

#include <limits>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace dispatch::journal {

namespace {

constexpr std::int64_t no_number_is_higher = std::numeric_limits<std::int64_t>::max();

constexpr std::int64_t every_number_is_higher = std::numeric_limits<std::int64_t>::min();

/// Nothing is known by it of what lies below.
bool was_cancelled_unbegun(const DeliveryRow& row) {
  return row.state == DeliveryState::failed && row.attempts == 0;
}

std::string sparse_open_by(std::string_view order) {
  return fmt::format(
      "SELECT {} FROM deliveries INDEXED BY deliveries_open_by_lane"
      " WHERE entity_no = ? AND subscription_no = ? AND generation = ? AND (subscription_no > 0 OR "
      "destination_no = ?)"
      "   AND sequence_number < ? AND (subscription_no > 0 OR generation > 0) AND state NOT IN (4, 5)"
      " ORDER BY sequence_number {}",
      delivery_columns, order);
}

}  // namespace

LaneReader::LaneReader(SQLite::Database& database, UnwrittenDeliveries* unwritten)
    : unwritten_(unwritten),
      delivery_(
          database,
          fmt::format("SELECT {} FROM deliveries WHERE queue_no = ? AND position = ? AND generation = ?",
                      delivery_columns)),
      // Both are answered from the index events_by_stream alone.
      below_(database,
             "SELECT position FROM events WHERE entity_no = ? AND sequence_number < ? ORDER BY "
             "sequence_number DESC"),
      from_(database,
            "SELECT position FROM events WHERE entity_no = ? AND sequence_number >= ? AND sequence_number < ?"
            " ORDER BY sequence_number"),
      sparse_open_below_(database, sparse_open_by("DESC LIMIT 1")),
      sparse_open_(database, sparse_open_by("")),
      gap_below_(database,
                 "SELECT 1 FROM gaps INDEXED BY gaps_open_by_stream WHERE entity_no = ? AND first_missing < "
                 "? AND skipped_at IS NULL LIMIT 1"),
      gap_above_(database,
                 "SELECT first_missing FROM gaps INDEXED BY gaps_open_by_stream WHERE entity_no = ? AND "
                 "first_missing > ? AND skipped_at IS NULL"
                 " ORDER BY first_missing LIMIT 1"),
      disordered_(database, "SELECT disordered FROM entities WHERE entity_no = ?"),
      first_position_(database, "SELECT first_position FROM destinations WHERE destination_no = ?") {}

Predecessor LaneReader::predecessor(const DeliveryRow& row) {
  Predecessor before;
  before.disordered = is_disordered(row.entity);
  // A gap is opened by an event that comes too early, which is what makes a stream disordered.
  if (before.disordered) before.gap = gap_below_.rows(row.entity, row.sequence).next();
  if (const auto open = open_below(row, before.disordered)) before.open = open->sequence;
  return before;
}

std::vector<DeliveryRow> LaneReader::open_in_lane(const DeliveryRow& row, std::size_t limit) {
  std::vector<DeliveryRow> open;
  if (limit == 0) return open;
  if (row.entity == EntityNo{}) {
    if (const auto now = read(row.key); now && !is_final(now->state)) open.push_back(*now);
    return open;
  }
  const bool sparse = is_sparse_lane(row);
  const bool lowered = !sparse && is_lowered(row.entity);
  const auto above = sparse || lowered ? SequenceNumber{every_number_is_higher} : row.sequence;
  std::int64_t until = no_number_is_higher;
  if (auto gap = gap_above_.rows(row.entity, above); gap.next()) until = gap.integer(0);
  each_open(lowered ? lowest_open_from(row) : row, until, [&](const DeliveryRow& next) {
    if (!open.empty() && next.state != DeliveryState::pending) return false;
    open.push_back(next);
    return next.state == DeliveryState::pending && open.size() < limit;
  });
  return open;
}

std::optional<DeliveryRow> LaneReader::head(const DeliveryKey& key) {
  auto row = read(key);
  if (!row) return std::nullopt;
  if (row->entity == EntityNo{}) return is_final(row->state) ? std::nullopt : row;

  if (is_sparse_lane(*row) || is_final(row->state)) {
    std::optional<DeliveryRow> first;
    each_open(*row, no_number_is_higher, [&](const DeliveryRow& open) {
      first = open;
      return false;
    });
    return first;
  }
  return lowest_open_from(*row);
}

/// What is open and lowest in the lane of `row`, where anything below it is open; else `row`.
DeliveryRow LaneReader::lowest_open_from(DeliveryRow row) {
  const bool disordered = is_disordered(row.entity);
  for (auto below = open_below(row, disordered); below; below = open_below(row, disordered)) row = *below;
  return row;
}

std::vector<DeliveryRow> LaneReader::all_open(const DeliveryKey& key) {
  std::vector<DeliveryRow> all;
  const auto first = head(key);
  if (!first) return all;
  if (first->entity == EntityNo{}) return {*first};
  each_open(*first, no_number_is_higher, [&](const DeliveryRow& open) {
    all.push_back(open);
    return true;
  });
  return all;
}

std::optional<DeliveryRow> LaneReader::read(const DeliveryKey& key) {
  if (auto rows = delivery_.rows(key.queue, key.position, key.generation); rows.next())
    return read_delivery(rows);
  const auto unwritten = unwritten_ == nullptr ? std::nullopt : unwritten_->unwritten(key);
  if (!unwritten) return std::nullopt;
  return unwritten->row(key);
}

std::optional<DeliveryRow> LaneReader::nearest_below(const DeliveryRow& row, bool disordered) {
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
    auto below = in_lane_at(row, position);
    if (below && !was_cancelled_unbegun(*below)) return below;
  }
  return std::nullopt;
}

/// In a lane that is not sparse nothing is open below what is done and was begun.
std::optional<DeliveryRow> LaneReader::open_below(const DeliveryRow& row, bool disordered) {
  if (!is_sparse_lane(row)) {
    auto nearest = nearest_below(row, disordered);
    return nearest && !is_final(nearest->state) ? nearest : std::nullopt;
  }
  auto rows = sparse_open_below_.rows(row.entity, row.subscription, row.key.generation, row.destination,
                                      row.sequence);
  if (!rows.next()) return std::nullopt;
  return read_delivery(rows);
}

template <class Each>
void LaneReader::each_open(const DeliveryRow& row, std::int64_t until, Each each) {
  if (is_sparse_lane(row)) {
    auto rows = sparse_open_.rows(row.entity, row.subscription, row.key.generation, row.destination, until);
    while (rows.next() && each(read_delivery(rows))) {
    }
    return;
  }
  auto events = from_.rows(row.entity, row.sequence, until);
  while (events.next()) {
    const auto found = in_lane_at(row, Position{events.integer(0)});
    if (found && !is_final(found->state) && !each(*found)) return;
  }
}

std::optional<DeliveryRow> LaneReader::in_lane_at(const DeliveryRow& row, Position position) {
  auto found = read({.queue = row.key.queue, .position = position, .generation = row.key.generation});
  if (found && found->destination != row.destination) return std::nullopt;
  return found;
}

bool LaneReader::is_disordered(EntityNo entity) {
  auto rows = disordered_.rows(entity);
  return rows.next() && rows.integer(0) != 0;
}

bool LaneReader::is_lowered(EntityNo entity) {
  auto rows = disordered_.rows(entity);
  return rows.next() && rows.integer(0) == 2;
}

}  // namespace dispatch::journal
