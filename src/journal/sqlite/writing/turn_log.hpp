#pragma once

#include "journal/rows.hpp"
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
/// when a delivery begins or ends, and the next owner finds what this one left.
///
/// An entry too many does no harm, because readers look at the state of the delivery as well; an entry too
/// few loses a delivery. So a row is deleted by the object that wrote it, when everything that it names has
/// ended, or by a new owner that has taken over everything in flight.
class TurnLog {
 public:
  TurnLog(SQLite::Database& database, const TurnAccount& turn);

  /// Notes that the open turn has begun a delivery.
  void begun(const DeliveryKey& key);
  /// Notes that a delivery is not in flight any more. Ignores one that another object began.
  void ended(const DeliveryKey& key);

  /// Deliveries in flight, whichever object began them; at most `limit`.
  std::vector<DeliveryRow> in_flight(std::size_t limit);
  /// Deletes all rows. Call it only when nothing is in flight.
  void clear();

  /// Writes what the open turn has changed. Call it after all other writes, before the commit.
  void finish();
  /// Call it after the turn was abandoned.
  void forget();

 private:
  struct Row {
    std::vector<DeliveryKey> named;
    std::size_t left = 0;  ///< how many of them have not ended
  };
  struct Change {
    DeliveryKey key;
    std::optional<std::int64_t> before;  ///< the row that named it before; nothing: it was not in flight
  };
  void name_in(std::optional<std::int64_t> row, const DeliveryKey& key);
  void change(const DeliveryKey& key, std::optional<std::int64_t> row);
  void carry_over();
  void write_begun();
  void delete_ended();

  const TurnAccount& turn_;
  std::map<DeliveryKey, std::int64_t> in_flight_;  ///< what this object began, and the row that names it
  std::map<std::int64_t, Row> rows_;               ///< rows of this object, by turn
  std::size_t named_ = 0;                          ///< entries in all of them
  std::vector<DeliveryKey> begun_;                 ///< still to be named by the row of the open turn
  std::vector<Change> changes_;                    ///< of the open turn
  std::string text_;                               ///< the row of the open turn
  Statement write_, delete_, clear_, find_;
};

}  // namespace dispatch::journal
