#pragma once

#include "journal/selection.hpp"
#include "journal/sqlite/reading/filter_sql.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// Walks over the open deliveries that an operator means. Each page is a few statements of its own; nothing
/// is remembered between them but where the walk is.
class Selector {
 public:
  explicit Selector(SQLite::Database& database) : database_(database) {}

  /// Journal::select.
  SelectedPage select(const Selection& selection, const SelectionPlace& from, std::size_t limit);

  /// Journal::unknown_names.
  std::vector<std::string> unknown_names(const DeliveryFilter& filter);

 private:
  std::vector<QueueNo> queues_from(const FilterSql& filter, QueueNo first);
  SelectedPage by_position(const Selection& selection, const SelectionPlace& from, std::size_t limit);
  SelectedPage by_state(const Selection& selection, const SelectionPlace& from, std::size_t limit);

  SQLite::Database& database_;
};

/// The lowest position at which an open delivery may lie that its delivery queue's low_position passes over:
/// one that stands behind something that waits, belongs to a stream that did not arrive in its order, or was
/// woken and not yet taken up. So the history below need not be read; but where the streams that did not
/// arrive in their order have more than 50,000 events, it is read from the first of these on. The highest
/// number there is where there is none.
Position lowest_open_below_low(SQLite::Database& database);

}  // namespace dispatch::journal
