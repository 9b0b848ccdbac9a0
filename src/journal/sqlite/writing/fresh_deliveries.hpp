#pragma once

#include "base/error.hpp"
#include "event/arrival.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/rows_insert.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/remembered_requests.hpp"
#include "journal/sqlite/writing/subscriptions.hpp"
#include "journal/sqlite/writing/turn_account.hpp"
#include "journal/sqlite/writing/turn_log.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// Deliveries that the open turn has made and not yet written. If the turn that makes a delivery also begins
/// it, one insert is enough instead of an insert, an update and a read; a direct one in the order of its
/// stream is then inserted when it has ended. Call write() before reading deliveries that may be among them.
class FreshDeliveries {
 public:
  FreshDeliveries(SQLite::Database& database, TurnAccount& turn, TurnLog& log, Subscriptions& subscriptions);

  /// Adds a pending delivery of the arrival, which is borrowed until the turn has ended. Positions must not
  /// decrease. `in_order`: nothing of its stream came after a higher number or is missing below it. Returns
  /// false if the arrival already has one at this delivery queue.
  bool add(const DeliveryRow& row, const Arrival& arrival, const Route& route, WallTime accepted,
           bool in_order);
  /// Call it if a number of the entity came after higher ones.
  void out_of_order(EntityNo entity);

  /// Implements Transaction::begin for one delivery, if it is here; otherwise returns nothing. Call
  /// write_begun() after the last one.
  std::optional<Begun> begin(const DeliveryKey& key, WallTime now);
  /// Writes those that were begun as in flight.
  void write_begun(WallTime now);

  /// Writes the remaining ones as pending, and remembers the requests of direct ones.
  void write();
  RememberedRequests& remembered() { return remembered_; }

  /// True if the turn has made a delivery that may precede `row` in its lane.
  bool any_below(const DeliveryRow& row) const;

  /// True where the turn has made a delivery of that event to that destination.
  bool leads_to(Position position, QueueNo queue, DestinationNo destination);

  /// Call it after the turn was abandoned.
  void forget() {
    fresh_.clear();
    begun_.clear();
    remembered_.forget();
  }

 private:
  struct Fresh {
    DeliveryRow row;
    const Arrival* arrival;
    Route route;
    WallTime accepted;
    bool in_order = false;
    bool begun = false;
  };
  Fresh* find(const DeliveryKey& key);
  static Outgoing request_of(const Fresh& fresh);
  bool has_to_wait(const DeliveryRow& row);
  template <class BindShared>
  static void insert(RowsInsert& insert, std::span<const DeliveryRow> rows, BindShared bind_shared);

  TurnAccount& turn_;
  TurnLog& log_;
  Subscriptions& subscriptions_;
  std::vector<Fresh> fresh_;        ///< by position
  std::vector<DeliveryRow> begun_;  ///< those that are still to be written as in flight
  RememberedRequests remembered_;
  Statement open_below_;
  RowsInsert add_pending_, add_in_flight_;
};

}  // namespace dispatch::journal
