#pragma once

#include <functional>
#include <string>

namespace dispatch::journal {

/// How a journal is opened to be written to, whatever keeps it.
struct Opening {
  /// Open a journal that is there; a missing one is misuse. Default: create it.
  bool existing_only = false;

  /// Told, in words for people, what was put right about where the journal is kept. Without it a journal that
  /// others may use is refused. Default: none.
  std::function<void(const std::string&)> notice = {};

  /// Told, in words for people, that a journal of an older version was migrated. Without it such a journal is
  /// `unavailable` and stays as it is, as a dry run must leave it. Default: none.
  std::function<void(const std::string&)> migrated = {};

  /// When a commit is durable.
  enum class Durability {
    delayed,    ///< soon: a power failure may undo the last turns, so that sent events are sent again
    at_commit,  ///< when CommitToken::wait returns
  };
  Durability durability = Durability::at_commit;
};

}  // namespace dispatch::journal
