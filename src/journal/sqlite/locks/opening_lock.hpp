#pragma once

#include "base/error.hpp"
#include "journal/sqlite/locks/lock_file.hpp"
#include "journal/sqlite/locks/lock_wait.hpp"

#include <filesystem>
#include <utility>

namespace dispatch::journal {

/// Held by a process for the moment in which it opens a journal for writing, and by a restore until it has
/// replaced the journal: a process opens either the old journal before the restore, which then finds it in
/// use, or the new one after it. The lock lasts as long as the object.
class OpeningLock {
 public:
  /// Waits for the lock; see LockWait.
  static Result<OpeningLock> take(const std::filesystem::path& journal, const LockWait& wait);

  /// Waits until no restore is under way. Takes no lock and creates no file if there is none to wait for.
  static Result<> wait_for_restore(const std::filesystem::path& journal, const LockWait& wait);

 private:
  explicit OpeningLock(LockFile file) : file_(std::move(file)) {}
  LockFile file_;
};

}  // namespace dispatch::journal
