#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// Destinations that are held back or slowed down because they asked for time or were down.
class Throttles {
 public:
  explicit Throttles(SQLite::Database& database);

  /// Implements Transaction::save_throttles.
  void save(std::span<const ThrottleRow> changed, std::span<const DestinationNo> over);
  /// Implements Journal::throttles.
  std::vector<ThrottleRow> all();

 private:
  Statement put_, remove_, all_;
};

}  // namespace dispatch::journal
