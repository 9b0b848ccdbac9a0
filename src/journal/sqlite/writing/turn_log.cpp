#include "journal/sqlite/writing/turn_log.hpp"

#include "journal/sqlite/reading/delivery_columns.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

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

void append_entry(std::string& text, const DeliveryKey& key) {
  text += text.empty() ? "[[" : ",[";
  append_number(text, key.queue.value());
  text += ',';
  append_number(text, key.position.value());
  if (key.generation != 0) {
    text += ',';
    append_number(text, key.generation);
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
      find_(database, fmt::format("SELECT DISTINCT {} FROM turn_log_entries"
                                  " CROSS JOIN deliveries USING (queue_no, position, generation)"
                                  " WHERE state = 1 LIMIT ?",
                                  delivery_columns)) {}

void TurnLog::begun(const DeliveryKey& key) {
  change(key, turn_.number);
  begun_.push_back(key);
}

void TurnLog::ended(const DeliveryKey& key) {
  change(key, std::nullopt);
}

void TurnLog::change(const DeliveryKey& key, std::optional<std::int64_t> row) {
  const auto known = in_flight_.find(key);
  const auto before = known == in_flight_.end() ? std::nullopt : std::optional{known->second};
  if (before == row) return;
  changes_.push_back({.key = key, .before = before});
  name_in(row, key);
}

void TurnLog::name_in(std::optional<std::int64_t> row, const DeliveryKey& key) {
  if (const auto known = in_flight_.find(key); known != in_flight_.end()) {
    --rows_[known->second].left;
    if (!row) in_flight_.erase(known);
  }
  if (!row) return;
  in_flight_[key] = *row;
  ++rows_[*row].left;
}

std::vector<DeliveryRow> TurnLog::in_flight(std::size_t limit) {
  write_begun();
  auto rows = find_.rows(limit);
  return read_deliveries(rows, limit);
}

void TurnLog::clear() {
  clear_.run();
  while (!in_flight_.empty()) ended(in_flight_.begin()->first);
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
      if (known != in_flight_.end() && known->second == turn) begun(key);
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
    if (!in_flight_.contains(key)) continue;
    append_entry(text_, key);
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
    const auto row = rows_.find(*change.before);
    if (row == rows_.end() || row->second.left > 0) continue;
    if (!row->second.named.empty()) delete_.run(row->first);
    named_ -= row->second.named.size();
    rows_.erase(row);
  }
}

void TurnLog::forget() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change)
    name_in(change->before, change->key);
  std::erase_if(rows_, [&](const auto& row) {  // that of the turn
    if (row.second.left > 0) return false;
    named_ -= row.second.named.size();
    return true;
  });
  changes_.clear();
  begun_.clear();
  text_.clear();
}

}  // namespace dispatch::journal
