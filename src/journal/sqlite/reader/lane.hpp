#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cstdint>
#include <optional>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// Where a delivery stands in its lane. `sequence` is nothing where the event is its own lane.
struct LanePlace {
  DeliveryKey key;
  EntityNo entity;
  std::optional<SequenceNumber> sequence;
  DestinationNo destination;
};

/// Looks along lanes. Throws what SQLite throws.
class LaneReader {
 public:
  explicit LaneReader(SQLite::Database& database);

  /// How many deliveries of the lane above `place` have not come to their end.
  std::int64_t open_behind(const LanePlace& place);

  /// The lowest position of a pending delivery of the lane above `place`; nothing where there is none.
  std::optional<Position> first_pending_behind(const LanePlace& place);

 private:
  Statement count_;
  Statement first_;
};

}  // namespace dispatch::journal::reading
