#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/reading/unwritten_deliveries.hpp"
#include "journal/sqlite/statements/rows_insert.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::journal {

/// The table turn_log: what is in flight, in one row for each turn that began something. So no index changes
/// when a delivery begins or ends, the next owner finds what this one left, and a delivery that is begun in
/// the turn that makes it needs no row of its own before it has ended.
///
/// An entry too many does no harm, because readers look at the row of the delivery as well; an entry too few
/// loses a delivery. So a row is deleted by the object that wrote it, when everything that it names has
/// ended, or by a new owner that has taken over everything in flight. A delivery that has ended has a row: an
/// entry without one is in flight.
///
/// Knows what this object has begun, and reads what others have when it is asked.
class TurnLog final : public UnwrittenDeliveries {
 public:
  TurnLog(SQLite::Database& database, const TurnAccount& turn);

  /// Notes that the open turn has begun a delivery that has a row.
  void begun(const DeliveryKey& key);
  /// Notes that the open turn has begun a delivery that it has made, and that gets its row when it ends.
  void begun_unwritten(const DeliveryRow& row, WallTime now);
  /// Notes that a delivery is not in flight any more. Ignores one that another object began.
  void ended(const DeliveryKey& key);

  std::optional<UnwrittenDelivery> unwritten(const DeliveryKey& key) override;
  std::vector<DeliveryRow> unwritten_above(QueueNo queue, Position after) override;
  std::vector<DeliveryRow> first_unwritten(Position from, Position to) override;
  /// True if a delivery of the entity is in flight and has no row.
  bool has_unwritten(EntityNo entity);

  /// Gives all deliveries in flight their rows, for statements that read only rows. Call it inside a turn.
  void write_rows();
  /// Gives one of them its row.
  void write_row(const DeliveryKey& key);

  /// Deliveries in flight that have a row, whichever object began them; at most `limit`.
  std::vector<DeliveryRow> in_flight(std::size_t limit);
  /// Deletes all rows. Call it only when nothing is in flight.
  void clear();

  /// Writes what the open turn has changed. Call it after all other writes, before the commit.
  void finish();
  /// Call it after the turn was abandoned.
  void forget();
  /// Call it when another connection has committed.
  void look_again() { others_known_ = false; }
  /// Reads what others have begun. Call it outside of a turn, before the rows are read.
  void read_others();

 private:
  struct InFlight {
    std::int64_t row = 0;  ///< the turn whose row names it
    std::optional<UnwrittenDelivery> unwritten;
  };
  struct Row {
    std::vector<DeliveryKey> named;
    std::size_t left = 0;  ///< how many of them have not ended
  };
  struct Change {
    DeliveryKey key;
    std::optional<InFlight> before;  ///< nothing: it was not in flight
  };
  using Unwritten = std::map<DeliveryKey, UnwrittenDelivery>;
  const Unwritten& others();
  template <class Visit>
  void each_unwritten(Visit visit);
  void change(const DeliveryKey& key, const std::optional<InFlight>& to);
  std::optional<InFlight> set(const DeliveryKey& key, const std::optional<InFlight>& to);
  void write_rows(const Unwritten& deliveries);
  void carry_over();
  void write_begun();
  void delete_ended();

  const TurnAccount& turn_;
  std::map<DeliveryKey, InFlight> in_flight_;  ///< what this object has begun
  std::map<std::int64_t, Row> rows_;           ///< rows of this object, by turn
  std::size_t named_ = 0;                      ///< entries in all of them
  std::vector<DeliveryKey> begun_;             ///< still to be named by the row of the open turn
  std::vector<Change> changes_;                ///< of the open turn
  std::string text_;                           ///< the row of the open turn
  Unwritten others_;                           ///< what other objects have begun
  bool others_known_ = false;
  Statement write_, delete_, clear_, find_, turns_, read_;
  RowsInsert add_rows_;
};

}  // namespace dispatch::journal
