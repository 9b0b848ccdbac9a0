#pragma once

#include "journal/records.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <map>
#include <span>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::reading {

/// Adds deliveries to events. Runs several statements: call it inside a transaction. Throws SQLite's
/// exceptions.
class DeliveriesOf {
 public:
  explicit DeliveriesOf(SQLite::Database& database);

  /// Adds the deliveries of `events`.
  void add(std::span<EventRecord> events);

 private:
  using ByPosition = std::multimap<Position, DeliveryRecord>;
  ByPosition without_row(std::span<const EventRecord> events);

  Statement written_, named_, unwritten_;
};

}  // namespace dispatch::journal::reading
