#include "journal/sqlite/writing/turn_log.hpp"

#include "journal/sqlite/reading/delivery_columns.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace dispatch::journal {

namespace {

/// So many entries of ended deliveries may stand in the rows besides as many as are in flight.
constexpr std::size_t ended_entries_most = 1'024;

void append_number(std::string& text, std::int64_t number) {
  std::array<char, std::numeric_limits<std::int64_t>::digits10 + 2> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text.append(digits.data(), end);
}

void append_next(std::string& text, std::int64_t number) {
  text += ',';
  append_number(text, number);
}

void append_entry(std::string& text, const DeliveryKey& key,
                  const std::optional<UnwrittenDelivery>& unwritten, std::int64_t turn) {
  text += text.empty() ? "[[" : ",[";
  append_number(text, key.queue.value());
  append_next(text, key.position.value());
  if (unwritten || key.generation != 0) append_next(text, key.generation);
  if (unwritten) {
    append_next(text, unwritten->destination.value());
    if (unwritten->entity == EntityNo{}) {
      text += ",null,null";
    } else {
      append_next(text, unwritten->entity.value());
      append_next(text, unwritten->sequence.value());
    }
    append_next(text, to_stored(unwritten->began_at));
    if (unwritten->began_turn != turn) append_next(text, unwritten->began_turn);
  }
  text += ']';
}

}  // namespace

TurnLog::TurnLog(SQLite::Database& database, const TurnAccount& turn)
    : turn_(turn),
      write_(database,
             "INSERT INTO turn_log (turn, begun) VALUES (?, ?)"
             " ON CONFLICT (turn) DO UPDATE SET begun = excluded.begun"),
      delete_(database, "DELETE FROM turn_log WHERE turn = ?"),
      clear_(database, "DELETE FROM turn_log"),
      find_(database, fmt::format("SELECT DISTINCT {} FROM"
                                  " (SELECT queue_no, position, generation FROM turn_log_entries)"
                                  " CROSS JOIN deliveries USING (queue_no, position, generation)"
                                  " WHERE state = 1 LIMIT ?",
                                  delivery_columns)),
      turns_(database, "SELECT turn FROM turn_log"),
      read_(database,
            "SELECT queue_no, position, generation, destination_no, entity_no, sequence_number, began_at,"
            "       began_turn FROM turn_log_entries t WHERE turn = ? AND destination_no IS NOT NULL"
            "   AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.queue_no = t.queue_no"
            "                      AND d.position = t.position AND d.generation = t.generation)"),
      add_rows_(database,
                "INSERT INTO deliveries (state, attempts, queue_no, position, destination_no, entity_no,"
                "                        sequence_number, began_at, began_turn) VALUES",
                "(1, 1, ?, ?, ?, ?, ?, ?, ?)", " ON CONFLICT DO NOTHING") {}

// --- What the turn does

void TurnLog::begun(const DeliveryKey& key) {
  change(key, InFlight{.row = turn_.number, .unwritten = {}});
  begun_.push_back(key);
}

void TurnLog::begun_unwritten(const DeliveryRow& row, WallTime now) {
  change(row.key, InFlight{.row = turn_.number,
                           .unwritten = UnwrittenDelivery{.destination = row.destination,
                                                          .entity = row.entity,
                                                          .sequence = row.sequence,
                                                          .began_at = now,
                                                          .began_turn = turn_.number}});
  begun_.push_back(row.key);
}

void TurnLog::ended(const DeliveryKey& key) {
  change(key, std::nullopt);
  others_.erase(key);
}

void TurnLog::change(const DeliveryKey& key, const std::optional<InFlight>& to) {
  auto before = set(key, to);
  if (before || to) changes_.push_back({.key = key, .before = before});
}

/// Returns what it was before.
std::optional<TurnLog::InFlight> TurnLog::set(const DeliveryKey& key, const std::optional<InFlight>& to) {
  std::optional<InFlight> before;
  const auto place = in_flight_.lower_bound(key);
  const bool known = place != in_flight_.end() && place->first == key;
  if (known) {
    before = place->second;
    --rows_[before->row].left;
  }
  if (to) {
    ++rows_[to->row].left;
    if (known)
      place->second = *to;
    else
      in_flight_.emplace_hint(place, key, *to);
  } else if (known) {
    in_flight_.erase(place);
  }
  return before;
}

// --- What has no row

const TurnLog::Unwritten& TurnLog::others() {
  if (std::exchange(others_known_, true)) return others_;
  others_.clear();
  std::vector<std::int64_t> turns;
  for (auto rows = turns_.rows(); rows.next();)
    if (!rows_.contains(rows.integer(0))) turns.push_back(rows.integer(0));
  for (const std::int64_t turn : turns) {
    auto rows = read_.rows(turn);
    while (rows.next()) {
      const DeliveryKey key{.queue = QueueNo{rows.integer(0)},
                            .position = Position{rows.integer(1)},
                            .generation = rows.integer(2)};
      others_[key] = {.destination = DestinationNo{rows.integer(3)},
                      .entity = EntityNo{rows.integer(4)},  // NULL reads as 0
                      .sequence = SequenceNumber{rows.integer(5)},
                      .began_at = from_stored(rows.integer(6)),
                      .began_turn = rows.integer(7)};
    }
  }
  return others_;
}

void TurnLog::read_others() {
  others();
}

std::optional<UnwrittenDelivery> TurnLog::unwritten(const DeliveryKey& key) {
  if (const auto own = in_flight_.find(key); own != in_flight_.end()) return own->second.unwritten;
  const auto& known = others();
  const auto other = known.find(key);
  return other == known.end() ? std::nullopt : std::optional{other->second};
}

/// Calls it with the key and the delivery, first for what this object has begun.
template <class Visit>
void TurnLog::each_unwritten(Visit visit) {
  for (const auto& [key, own] : in_flight_)
    if (own.unwritten) visit(key, *own.unwritten);
  for (const auto& [key, other] : others()) visit(key, other);
}

std::vector<DeliveryRow> TurnLog::unwritten_above(QueueNo queue, Position after) {
  const DeliveryKey above{.queue = queue, .position = Position{after.value() + 1}};
  std::vector<DeliveryRow> found;
  for (auto own = in_flight_.lower_bound(above); own != in_flight_.end() && own->first.queue == queue; ++own)
    if (own->second.unwritten) found.push_back(own->second.unwritten->row(own->first));
  const auto own_end = static_cast<std::ptrdiff_t>(found.size());
  const auto& known = others();
  for (auto other = known.lower_bound(above); other != known.end() && other->first.queue == queue; ++other)
    found.push_back(other->second.row(other->first));
  std::inplace_merge(found.begin(), found.begin() + own_end, found.end(),
                     [](const DeliveryRow& a, const DeliveryRow& b) { return a.key < b.key; });
  return found;
}

std::vector<DeliveryRow> TurnLog::first_unwritten(Position from, Position to) {
  std::vector<DeliveryRow> first;
  each_unwritten([&](const DeliveryKey& key, const UnwrittenDelivery& delivery) {
    if (key.position < from || key.position > to) return;
    if (key.position < to) first.clear();
    to = key.position;
    first.push_back(delivery.row(key));
  });
  std::sort(first.begin(), first.end(),
            [](const DeliveryRow& a, const DeliveryRow& b) { return a.key < b.key; });
  return first;
}

bool TurnLog::has_unwritten(EntityNo entity) {
  bool found = false;
  each_unwritten([&](const DeliveryKey&, const UnwrittenDelivery& delivery) {
    found = found || delivery.entity == entity;
  });
  return found;
}

void TurnLog::write_rows() {
  Unwritten all;
  each_unwritten(
      [&](const DeliveryKey& key, const UnwrittenDelivery& delivery) { all.emplace(key, delivery); });
  write_rows(all);
}

void TurnLog::write_row(const DeliveryKey& key) {
  if (const auto delivery = unwritten(key)) write_rows({{key, *delivery}});
}

void TurnLog::write_rows(const Unwritten& deliveries) {
  const std::vector<std::pair<DeliveryKey, UnwrittenDelivery>> rows{deliveries.begin(), deliveries.end()};
  for (auto left = std::span{rows}; !left.empty();) {
    const auto some = left.first(RowsInsert::at_once(left.size()));
    add_rows_.run(some.size(), [&](auto bind) {
      for (const auto& [key, delivery] : some) {
        bind(key.queue, key.position, delivery.destination);
        if (delivery.entity == EntityNo{})
          bind(std::nullopt, std::nullopt);
        else
          bind(delivery.entity, delivery.sequence);
        bind(delivery.began_at, delivery.began_turn);
      }
    });
    left = left.subspan(some.size());
  }
  for (const auto& [key, delivery] : deliveries) {
    if (others_.erase(key) > 0) continue;
    auto written = in_flight_.at(key);
    written.unwritten.reset();
    change(key, written);
  }
}

std::vector<DeliveryRow> TurnLog::in_flight(std::size_t limit) {
  write_begun();
  auto rows = find_.rows(limit);
  return read_deliveries(rows, limit);
}

// --- What is written of it

void TurnLog::clear() {
  clear_.run();
  others_.clear();
  while (!in_flight_.empty()) {
    const DeliveryKey key = in_flight_.begin()->first;
    ended(key);
  }
}

void TurnLog::finish() {
  if (changes_.empty()) return;
  carry_over();
  write_begun();
  delete_ended();
  changes_.clear();
  text_.clear();
}

/// One delivery that takes long must not keep the entries of all that began with it.
void TurnLog::carry_over() {
  while (named_ > 2 * in_flight_.size() + ended_entries_most && rows_.begin()->first != turn_.number) {
    const auto [turn, row] = *rows_.begin();
    for (const DeliveryKey& key : row.named) {
      const auto known = in_flight_.find(key);
      if (known == in_flight_.end() || known->second.row != turn) continue;
      change(key, InFlight{.row = turn_.number, .unwritten = known->second.unwritten});
      begun_.push_back(key);
    }
    delete_.run(turn);
    named_ -= row.named.size();
    rows_.erase(turn);
  }
}

void TurnLog::write_begun() {
  if (begun_.empty()) return;
  std::sort(begun_.begin(), begun_.end());  // one may have begun, ended and begun again
  begun_.erase(std::unique(begun_.begin(), begun_.end()), begun_.end());
  Row& row = rows_[turn_.number];
  for (const DeliveryKey& key : begun_) {
    const auto known = in_flight_.find(key);
    if (known == in_flight_.end()) continue;
    append_entry(text_, key, known->second.unwritten, turn_.number);
    row.named.push_back(key);
    ++named_;
  }
  begun_.clear();
  if (text_.empty()) return;
  text_ += ']';
  write_.run(turn_.number, text_);
  text_.pop_back();
}

void TurnLog::delete_ended() {
  for (const Change& change : changes_) {
    if (!change.before) continue;
    const auto row = rows_.find(change.before->row);
    if (row == rows_.end() || row->second.left > 0) continue;
    if (!row->second.named.empty()) delete_.run(row->first);
    named_ -= row->second.named.size();
    rows_.erase(row);
  }
}

void TurnLog::forget() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) set(change->key, change->before);
  std::erase_if(rows_, [&](const auto& row) {  // that of the turn
    if (row.second.left > 0) return false;
    named_ -= row.second.named.size();
    return true;
  });
  changes_.clear();
  begun_.clear();
  text_.clear();
  look_again();
}

}  // namespace dispatch::journal
