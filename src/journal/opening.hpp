#pragma once

#include <functional>
#include <string>

namespace dispatch::journal {

/// How a journal is opened for writing, for every kind of storage.
struct Opening {
  /// True: open an existing journal; a missing one is misuse. False, the default: create a missing one.
  bool existing_only = false;

  /// Receives a message when permissions of the journal's files were corrected. Without this function,
  /// opening a journal that other users may use fails. Default: none.
  std::function<void(const std::string&)> notice = {};

  /// Receives a message when a journal of an older version was migrated. Without this function such a journal
  /// is `unavailable` and stays unchanged, as a dry run requires. Default: none.
  std::function<void(const std::string&)> migrated = {};

  /// Receives a message when the journal has been waited for, while it is opened or later, for a second
  /// because another process has it locked, and another message when the wait is over. Default: none.
  std::function<void(const std::string&)> waiting = {};

  /// Asked several times a second during such a wait, on the waiting thread. True ends it: the call returns
  /// `interrupted` and has written nothing. Default: wait without limit.
  std::function<bool()> gives_up = {};

  /// When a commit is durable.
  enum class Durability {
    delayed,    ///< soon after the commit: a power failure can undo the last turns, and their events are sent
                ///< again
    at_commit,  ///< when CommitToken::wait returns
  };
  Durability durability = Durability::at_commit;
};

}  // namespace dispatch::journal
