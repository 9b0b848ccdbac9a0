#pragma once

#include "base/error.hpp"
#include "journal/sqlite/connection/connection.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace dispatch::journal {

/// Opens and ends turns: the writer lock, the transaction, the turn's number, the tally and the checkpoints.
/// Throws what SQLite throws; after that, or an error, it is to be told to abandon.
class TurnWriter {
 public:
  explicit TurnWriter(Connection& connection);

  bool is_open() const { return open_; }
  TurnAccount& account() { return account_; }

  /// Takes the writer lock and begins the transaction. True where another connection has committed since the
  /// last turn.
  Result<bool> begin();
  /// Commits and releases the writer lock; a turn that wrote nothing touches no disk and has no number. An
  /// error where the journal's files are not in their places before the commit, or after it: then what was
  /// committed may be in a file that nobody finds.
  Result<> commit();
  /// Undoes the turn, if one is open, and releases the writer lock.
  void abandon() noexcept;

  /// Connection::checkpoint_and_truncate, with the writer lock held.
  Result<> checkpoint();
  /// What came of the checkpoint after the last commit, once.
  std::optional<Error> take_checkpoint_error() { return std::exchange(checkpoint_error_, std::nullopt); }

  /// A number that changes when another connection has committed.
  std::int64_t data_version();

 private:
  void write_account();
  void close() noexcept;

  Connection& connection_;
  TurnAccount account_;
  bool open_ = false;
  int changes_before_ = 0;
  std::int64_t last_turn_ = 0;      // of the journal, as of seen_version_
  std::int64_t seen_version_ = -1;  // none yet
  std::optional<Error> checkpoint_error_;
  Statement begin_, commit_, rollback_, data_version_, read_turn_, write_turn_, write_tally_;
};

}  // namespace dispatch::journal
