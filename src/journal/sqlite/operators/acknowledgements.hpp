#pragma once

#include "journal/selection.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <cstddef>
#include <cstdint>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// Unknown outcomes that an operator has acknowledged, so that listings no longer report them.
class Acknowledgements {
 public:
  Acknowledgements(SQLite::Database& database, const TurnAccount& turn);

  /// Implements Transaction::acknowledge.
  std::int64_t acknowledge(const DeliveryFilter& which, WallTime now, std::size_t limit);
  /// Implements Journal::unknown_outcomes.
  std::int64_t count(const DeliveryFilter& which);

 private:
  SQLite::Database& database_;
  const TurnAccount& turn_;
  Statement acknowledge_, add_action_;
};

}  // namespace dispatch::journal
