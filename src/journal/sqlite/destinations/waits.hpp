#pragma once

#include "base/clock.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <chrono>
#include <cstdint>

namespace dispatch::journal {

/// Corrects the due times of deliveries in retry_wait after the wall clock was set.
class Waits {
 public:
  explicit Waits(SQLite::Database& database);

  /// Implement Transaction::bound_waits and Transaction::move_waits.
  std::int64_t bound(WallTime now, std::chrono::microseconds longest);
  std::int64_t move(std::chrono::microseconds by, WallTime now, std::chrono::microseconds longest);

 private:
  Statement bound_, move_;
};

}  // namespace dispatch::journal
