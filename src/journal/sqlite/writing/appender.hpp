#pragma once

#include "base/error.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/destinations/destinations.hpp"
#include "journal/sqlite/reading/stored_trace.hpp"
#include "journal/sqlite/statements/rows_insert.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/fresh_deliveries.hpp"
#include "journal/sqlite/writing/inputs.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"
#include "journal/sqlite/writing/streams.hpp"
#include "journal/sqlite/writing/subscriptions.hpp"
#include "journal/sqlite/writing/turn_account.hpp"
#include "journal/sqlite/writing/turn_log.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::journal {

/// Appends events. The ordinary case, new events that are next in their streams, costs one insert for
/// several.
class Appender {
 public:
  Appender(SQLite::Database& database, TurnAccount& turn, TurnLog& log, FreshDeliveries& fresh,
           Destinations& destinations, Subscriptions& subscriptions);

  /// Implements Transaction::append.
  Result<AppendReport> append(std::span<const Arrival> arrivals, const StreamStart& start, WallTime now);

  /// Call it when another connection has committed or the turn was abandoned: cached values may be wrong.
  const tracing::TraceSeed& trace_seed() const { return trace_seed_; }

  void forget();

 private:
  /// An arrival that is inserted together with others: the next of its stream, or without an entity.
  struct Staged {
    const Arrival* arrival;
    std::optional<EntityNo> entity;
    std::optional<std::int64_t> number;
    std::int64_t digest;
    StoredTrace trace;
    bool in_order;
  };
  bool stage(const Arrival& arrival);
  Result<> append_staged(const StreamStart& start, std::vector<Appended>& verdicts);
  Result<> append_singly(const Arrival& arrival, const StreamStart& start, std::vector<Appended>& verdicts);
  std::optional<Position> insert(std::span<const Staged> events);
  void take_back(std::span<const Staged> events, int inserted);

  Result<Appended> append_one(const Arrival& arrival, const StreamStart& start);
  Result<Appended> append_without_entity(const Arrival& arrival);
  Result<Appended> append_above(const Arrival& arrival, Stream& stream, std::int64_t number,
                                const StreamStart& start);
  Result<Appended> append_below(const Arrival& arrival, Stream& stream, std::int64_t number,
                                const StreamStart& start);
  Result<Appended> append_before_start(const Arrival& arrival, Stream& stream, std::int64_t number,
                                       const StreamStart& start);

  std::optional<Position> insert(const Arrival& arrival, std::optional<EntityNo> entity,
                                 std::optional<std::int64_t> number);
  Result<> add_deliveries(const Arrival& arrival, Position position, std::optional<EntityNo> entity,
                          std::optional<std::int64_t> number, bool in_order);
  std::optional<Appended> find_known(const Arrival& arrival);
  bool goes_elsewhere(Position stored, const Arrival& arrival);
  std::vector<std::string_view> differing_from(Position stored, const Arrival& arrival);
  Appended taken(const Stream& stream, std::int64_t number);

  /// After a refusal so many must have been accepted before several are inserted at once again.
  static constexpr std::size_t accepted_before_several = 64;

  SQLite::Database& database_;
  const tracing::TraceSeed trace_seed_;
  TurnAccount& turn_;
  TurnLog& log_;
  FreshDeliveries& fresh_;
  Destinations& destinations_;
  Subscriptions& subscriptions_;
  Streams streams_;
  Inputs inputs_;
  LaneWakeups wakeups_;
  RowsInsert insert_plain_, insert_any_;
  Statement newest_, take_back_, insert_, find_known_, find_content_, find_holder_, find_delivery_,
      unmatched_;

  // Set during a call of append.
  WallTime now_{};
  std::int64_t digest_ = 0;
  std::vector<DeliveryRow> made_;
  std::vector<Staged> staged_;
  std::size_t accepted_in_a_row_ = accepted_before_several;  ///< over all calls
};

}  // namespace dispatch::journal
