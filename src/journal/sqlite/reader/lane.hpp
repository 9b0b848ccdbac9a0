#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cstdint>
#include <optional>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// The place of a delivery in its lane. `sequence` is empty if the event is a lane of its own.
struct LanePlace {
  DeliveryKey key;
  EntityNo entity;
  std::optional<SequenceNumber> sequence;
  DestinationNo destination;
};

/// Counts and finds deliveries along a lane. Throws SQLite's exceptions.
class LaneReader {
 public:
  explicit LaneReader(SQLite::Database& database);

  /// The number of open deliveries in the lane above `place`.
  std::int64_t open_behind(const LanePlace& place);

  /// The lowest position of a pending delivery in the lane above `place`; nothing if there is none.
  std::optional<Position> first_pending_behind(const LanePlace& place);

 private:
  Statement count_;
  Statement first_;
};

}  // namespace dispatch::journal::reading
