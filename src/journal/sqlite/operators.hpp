#pragma once

#include "base/error.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statement.hpp"
#include "journal/sqlite/streams.hpp"
#include "journal/sqlite/turn_account.hpp"
#include "journal/sqlite/wakes.hpp"

#include <optional>
#include <utility>

namespace dispatch::journal {

/// What operators may do, each with its trail in the table actions.
class Operators {
 public:
  Operators(SQLite::Database& database, TurnAccount& turn);

  /// Journal::release, Journal::discard.
  std::int64_t release(const DeadLetters& which, WallTime now);
  std::int64_t discard(const DeadLetters& which, WallTime now);

  /// Journal::skip_gap.
  std::optional<std::pair<SequenceNumber, SequenceNumber>> skip_gap(std::string_view entity, WallTime now);

 private:
  std::int64_t move_dead_letters(const DeadLetters& which, Verb verb, Statement& move, DeliveryState to,
                                 WallTime now);

  TurnAccount& turn_;
  Streams streams_;
  Wakes wakes_;
  Statement add_actions_, release_, discard_, skip_;
};

}  // namespace dispatch::journal
