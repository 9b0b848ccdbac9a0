#pragma once

#include "base/error.hpp"
#include "journal/sqlite/connection/connection.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace dispatch::journal {

/// Begins and ends turns: the writer lock, the SQLite transaction, the turn's number, the state counts and
/// the checkpoints. Throws SQLite's exceptions. After an exception or error the caller must call abandon().
class TurnWriter {
 public:
  explicit TurnWriter(Connection& connection);

  bool is_open() const { return open_; }
  TurnAccount& account() { return account_; }

  /// Takes the writer lock and begins the transaction. Returns true if another connection has committed since
  /// the last turn.
  Result<bool> begin();
  /// When the commit is synced.
  enum class Sync {
    now,
    later,  ///< by LogSync; then the caller must check that the files are in place
  };
  /// Commits and releases the writer lock. A turn without writes touches no disk and gets no number. Returns
  /// an error if the journal's files are not in place before or after the commit; after it, the data may be
  /// in a file that nobody will find.
  Result<> commit(Sync sync);
  /// Rolls back the open turn, if any, and releases the writer lock.
  void abandon() noexcept;

  /// Connection::checkpoint_and_truncate with the writer lock held.
  Result<> checkpoint();
  /// Returns the error of the checkpoint after the last commit, once.
  std::optional<Error> take_checkpoint_error() { return std::exchange(checkpoint_error_, std::nullopt); }

  /// A number that changes when another connection has committed.
  std::int64_t data_version();
  /// The state counts, with what the open turn has changed. In a turn they are read only if another
  /// connection has committed since they were read last.
  StateCounts state_counts();

 private:
  std::int64_t read_data_version();
  void write_account();
  void run_commit(Sync sync);
  void close() noexcept;

  Connection& connection_;
  TurnAccount account_;
  bool open_ = false;
  int changes_before_ = 0;
  std::int64_t last_turn_ = 0;               // last turn of the journal as of seen_version_
  std::int64_t seen_version_ = -1;           // none yet
  std::optional<StateCounts> state_counts_;  // without the open turn, as of seen_version_; nothing: not read
  std::optional<Error> checkpoint_error_;
  Statement begin_, commit_, rollback_, data_version_, read_turn_, read_state_counts_, write_turn_,
      write_state_counts_;
};

}  // namespace dispatch::journal
