#pragma once

#include "base/error.hpp"
#include "event/arrival.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/subscriptions.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// The deliveries that the open turn has made and not written yet. One that is begun in the turn that made it
/// becomes one insert, where it would be an insert, an update and a read. Whatever reads deliveries that may
/// be among them calls write() first.
class FreshDeliveries {
 public:
  FreshDeliveries(SQLite::Database& database, TurnAccount& turn, Subscriptions& subscriptions);

  /// A pending delivery of the arrival, which is borrowed until the turn has ended. Positions only grow.
  /// False where the arrival has one at this delivery queue already.
  bool add(const DeliveryRow& row, const Arrival& arrival, const Route& route, WallTime accepted);

  /// Transaction::begin of one delivery, where it is here: then it is written as in flight. Else nothing.
  std::optional<Begun> begin(const DeliveryKey& key, WallTime now);

  /// Writes those that are left, as pending.
  void write();

  /// True where the turn has made a delivery that may stand before `row` in its lane.
  bool any_below(const DeliveryRow& row) const;

  /// True where the turn has made a delivery of that event to that destination.
  bool leads_to(Position position, QueueNo queue, DestinationNo destination);

  /// The turn was abandoned.
  void forget() { fresh_.clear(); }

 private:
  struct Fresh {
    DeliveryRow row;
    const Arrival* arrival;
    Route route;
    WallTime accepted;
    bool written = false;
  };
  Fresh* find(const DeliveryKey& key);
  bool has_to_wait(const DeliveryRow& row);

  TurnAccount& turn_;
  Subscriptions& subscriptions_;
  std::vector<Fresh> fresh_;  ///< by position
  Statement add_pending_, open_below_, add_in_flight_;
};

}  // namespace dispatch::journal
