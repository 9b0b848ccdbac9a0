#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/reading/lane_reader.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// Cancels waiting deliveries, so that their lanes go on without them.
class Cancellations {
 public:
  Cancellations(SQLite::Database& database, TurnAccount& turn, UnwrittenDeliveries& unwritten);

  /// Implements Transaction::cancel.
  std::int64_t cancel(std::span<const DeliveryKey> deliveries, WallTime now);

 private:
  struct Cancelled {
    DeliveryRow row;  // before the cancellation
    bool wakes = false;
  };
  /// Sets Cancelled::wakes for the deliveries whose lane can go on now.
  void find_woken(std::vector<Cancelled>& cancelled);
  bool is_blocked(const DeliveryRow& row);

  TurnAccount& turn_;
  LaneReader lanes_;
  Statement read_, give_up_, add_action_;
};

}  // namespace dispatch::journal
