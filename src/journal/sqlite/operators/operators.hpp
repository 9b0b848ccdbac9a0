#pragma once

#include "base/error.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/operators/retries.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"
#include "journal/sqlite/writing/streams.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <optional>
#include <span>
#include <utility>

namespace dispatch::journal {

/// The actions of operators. Each is recorded in the table actions.
class Operators {
 public:
  Operators(SQLite::Database& database, TurnAccount& turn, Retries& retries);

  /// Implement Transaction::release and Transaction::discard.
  std::int64_t release(std::span<const DeliveryKey> deliveries, WallTime now);
  std::int64_t discard(std::span<const DeliveryKey> deliveries, WallTime now);

  /// Implements Transaction::skip_gap.
  std::optional<std::pair<SequenceNumber, SequenceNumber>> skip_gap(std::string_view entity,
                                                                    std::optional<SequenceNumber> only,
                                                                    WallTime now);

 private:
  std::int64_t move_dead_letters(std::span<const DeliveryKey> deliveries, Verb verb, Statement& move,
                                 Transition by, WallTime now);

  TurnAccount& turn_;
  Retries& retries_;
  Streams streams_;
  LaneWakeups wakeups_;
  Statement add_action_, release_, discard_, skip_;
};

}  // namespace dispatch::journal
