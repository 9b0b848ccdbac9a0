#pragma once

#include "base/error.hpp"
#include "journal/sqlite/connection.hpp"
#include "journal/sqlite/gate.hpp"
#include "journal/sqlite/statement.hpp"
#include "journal/sqlite/turn_account.hpp"

#include <cstdint>

namespace dispatch::journal {

/// Opens and ends turns: the gate, the transaction, the turn's number, the tally and the checkpoints. Throws
/// what SQLite throws, and is then to be told to abandon.
class TurnWriter {
 public:
  TurnWriter(Connection& connection, Gate gate);

  bool is_open() const { return open_; }
  TurnAccount& account() { return account_; }

  /// Enters the gate and begins the transaction. True where another connection has committed since the last
  /// turn.
  Result<bool> begin();
  /// Commits and leaves the gate; a turn that wrote nothing touches no disk and has no number.
  void commit();
  /// Undoes the turn, if one is open, and leaves the gate.
  void abandon() noexcept;

  /// Connection::checkpoint_and_truncate, inside the gate.
  Result<> checkpoint();

  /// A number that changes when another connection has committed.
  std::int64_t data_version();

 private:
  void write_account();
  void close() noexcept;

  Connection& connection_;
  Gate gate_;
  TurnAccount account_;
  bool open_ = false;
  int changes_before_ = 0;
  std::int64_t last_turn_ = 0;      // of the journal, as of seen_version_
  std::int64_t seen_version_ = -1;  // none yet
  Statement begin_, commit_, rollback_, data_version_, read_turn_, write_turn_, write_tally_;
};

}  // namespace dispatch::journal
