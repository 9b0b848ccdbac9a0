#pragma once

#include "journal/due_place.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <optional>
#include <span>
#include <vector>

namespace dispatch::journal {

/// Reads outlets as queues, what is due, and what was woken; and remembers how far they were read.
class PumpReader {
 public:
  explicit PumpReader(SQLite::Database& database);

  // As the functions of Journal by the same names.
  std::vector<Outlet> outlets(OutletNo after);
  std::optional<Outlet> outlet(OutletNo no);
  bool has_several_destinations(OutletNo outlet);
  std::vector<DeliveryRow> scan(OutletNo outlet, Position after, std::size_t limit);
  std::vector<DeliveryRow> due(OutletNo outlet, const DuePlace& after, const DuePlace& until,
                               std::size_t limit);
  std::optional<WallTime> next_due(OutletNo outlet, const DuePlace& after);
  std::vector<Wake> wakes(std::int64_t after, std::size_t limit);
  std::int64_t newest_action();
  std::int64_t remembered_wake();
  void remember(std::span<const Outlet> outlets, std::int64_t last_wake);
  std::vector<DeliveryRow> first_open(Position from, Position to);
  Tally tally();

 private:
  Statement outlets_, destinations_, scan_, due_, next_due_, wakes_, newest_action_, remembered_wake_,
      remember_outlet_, remember_wake_, open_, tally_;
};

}  // namespace dispatch::journal
