#pragma once

#include "journal/selection.hpp"
#include "journal/sqlite/reading/filter_sql.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// Walks over open deliveries that match a selection. Each page is a few statements; only the place of the
/// walk is kept between pages.
class Selector {
 public:
  explicit Selector(SQLite::Database& database) : database_(database) {}

  /// Implements Journal::select.
  SelectedPage select(const Selection& selection, const SelectionPlace& from, std::size_t limit);

  /// Implements Journal::unknown_names.
  std::vector<std::string> unknown_names(const DeliveryFilter& filter);

 private:
  std::vector<QueueNo> queues_from(const FilterSql& filter, QueueNo first);
  SelectedPage by_position(const Selection& selection, const SelectionPlace& from, std::size_t limit);
  SelectedPage by_state(const Selection& selection, const SelectionPlace& from, std::size_t limit);

  SQLite::Database& database_;
};

/// The lowest position of an open delivery at or below the low watermark of its delivery queue. Such a
/// delivery waits behind something, belongs to a stream that arrived out of order, or was woken and not yet
/// handled. With this bound the older history need not be read. If the streams that arrived out of order have
/// more than 50,000 events, the result is the first of these. If there is no such delivery, it is the highest
/// possible number.
Position lowest_open_below_watermark(SQLite::Database& database);

}  // namespace dispatch::journal
